import Foundation
import Glibc

/// The servers of a round, the proxies before them, and who lives there.
final class FaultServers {
    static let tenant = "acme"
    static let user = "acme-app"
    static let password = "secret"
    /// Here only the tenant lives, and only until it empties it.
    private static let sideDatabase = 3

    /// A server and the tool's way to it.
    private struct Place {
        let server: RedisServer
        let proxy: FaultProxy

        init(_ server: RedisServer) throws {
            self.server = server
            proxy = try FaultProxy(to: server)
        }
    }

    let traits: Set<FaultTrait>
    private let seed: UInt64
    private let sources: [Place]
    private let targets: [Place]
    /// Which of the sources is the primary.
    private var primary = 0
    static let resident = "resident"
    let neighbours = TenantSeed.neighbours(of: tenant)
    /// Holds the tenants' keys as they must be: a server that was started again tells the same values in other bytes.
    let reference: RedisServer
    private var flushes = 0
    /// Of the source, before anything happened to it.
    let beginning: Settings

    init(_ schedule: FaultSchedule) throws {
        traits = schedule.traits
        seed = schedule.seed
        let version = schedule.version
        // What is told already when the migration comes must be told after it, too.
        let told = schedule.seed % 2 == 0 ? ["notify-keyspace-events Ex"] : []
        let source = try Self.server(version, traits, ["repl-backlog-size 256kb"] + told, hasUser: true)
        let target = try Self.server(version, traits, [], hasUser: false)
        var seed = TenantSeed(tenant: Self.tenant, keys: schedule.keys)
        seed.databases = [0, Self.sideDatabase]
        try seed.write(to: source.endpoint)
        reference = try RedisServer(version)
        try Self.copy(Self.tenant, from: source, to: reference)
        for name in neighbours + [Self.resident] {
            try TenantSeed(tenant: name, keys: 60).write(to: reference.endpoint)
        }
        for name in neighbours { try Self.copy(name, from: reference, to: source) }
        try Self.copy(Self.resident, from: reference, to: target)
        var all = [source]
        if traits.contains(.replica) {
            let replica = try Self.server(version, traits, ["repl-backlog-size 256kb"] + told, hasUser: true)
            try replica.call("REPLICAOF", "127.0.0.1", source.port)
            all.append(replica)
        }
        for server in [source, target] { try Self.compact(server) }
        sources = try all.map { try Place($0) }
        targets = [try Place(target)]
        beginning = try Settings(source)
        if traits.contains(.replica) { try waitForReplica() }
    }

    deinit { for place in sources + targets { place.proxy.stop() } }

    private static func server(
        _ version: RedisVersion,
        _ traits: Set<FaultTrait>,
        _ settings: [String],
        hasUser: Bool
    ) throws -> RedisServer {
        // Appended to its file before it is answered, a write survives a SIGKILL (Redis aof.c, without everysec).
        let kept = ["appendonly yes", "appendfsync no"] + settings + (traits.contains(.tightServers) ? limits : [])
        let rules = ["on", ">\(password)", "~__tenant:\(tenant):*", "&*", "+@all"]
        let hasFile = traits.contains(.aclFile)
        let line = hasUser && !hasFile ? ["user \(user) " + rules.joined(separator: " ")] : []
        let server = try RedisServer(version, settings: kept + line, keepsUsers: hasFile)
        if hasUser, hasFile {
            try server.connect().call((["ACL", "SETUSER", user] + rules).map(\.argumentBytes))
            try server.call("ACL", "SAVE")
        }
        return server
    }

    /// What a client may do without being thrown out.
    private static let limits = [
        "timeout 2", "client-output-buffer-limit normal 1mb 0 0", "client-query-buffer-limit 1mb",
        "proto-max-bulk-len 1mb",
    ]

    /// Whoever compares all keys at the end asks for more.
    func loosen() throws {
        guard traits.contains(.tightServers) else { return }
        for server in [source, target] {
            try server.call("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0")
            try server.call("CONFIG", "SET", "timeout", "0")
        }
    }

    private static func copy(_ tenant: String, from: RedisServer, to: RedisServer) throws {
        for database in [0, sideDatabase] {
            let reader = try from.connect(database: database)
            let writer = try to.connect(database: database)
            for key in try KeyspaceComparison.keys([TenantSeed.prefix(of: tenant)], reader) {
                let expiry = try max(0, reader.call("PEXPIRETIME", key).integer ?? 0)
                let payload = try reader.call("DUMP", key).bytes ?? []
                try writer.call("RESTORE", key, expiry, payload, "REPLACE", "ABSTTL")
            }
        }
    }

    /// What is appended to the file loses some counts of streams at the next start; what was written whole does not.
    private static func compact(_ server: RedisServer) throws {
        try server.call("BGREWRITEAOF")
        for _ in 0..<2000 {
            let info = try server.call("INFO", "persistence").text ?? ""
            let isBusy = ["aof_rewrite_in_progress:1", "aof_rewrite_scheduled:1"].contains { info.contains($0) }
            guard isBusy else { return }
            usleep(5000)
        }
        throw ToolError("the server does not write its file anew")
    }

    var source: RedisServer { sources[primary].server }
    var target: RedisServer { targets[0].server }
    subscript(side: FaultSide) -> RedisServer { side == .source ? source : target }
    func proxy(_ side: FaultSide) -> FaultProxy { side == .source ? sources[primary].proxy : targets[0].proxy }

    var happened: [Fault] { (sources + targets).flatMap(\.proxy.happened) }

    func tool() throws -> MigrateTool {
        let ports = sources.map { Endpoint(port: $0.proxy.port) }
        return try MigrateTool(
            source: ports[0],
            replicas: Array(ports.dropFirst()),
            target: Endpoint(port: targets[0].proxy.port)
        )
    }

    func startWriter(rate: Int, seed: UInt64) -> LiveWriter {
        var options = LiveWriter.Options()
        options.rate = Double(rate)
        options.seed = seed
        options.timeout = 60
        options.hasBigValues = traits.contains(.bigValues)
        return LiveWriter(
            tenant: Self.tenant,
            at: source.endpoint(user: Self.user, password: Self.password),
            alternative: target.endpoint(user: Self.user, password: Self.password),
            options: options
        )
    }

    /// Where the tenant's own client writes before the switch.
    var clientsEndpoint: Endpoint { source.endpoint(user: Self.user, password: Self.password) }

    /// Nil where the round has none.
    func startHistories() -> HistoryPlayer? {
        guard traits.contains(.histories) else { return nil }
        let histories = Histories(
            seed: seed,
            count: 30,
            prefix: Self.historyPrefix,
            ballast: traits.contains(.bigValues) ? 70_000 : 0
        )
        return HistoryPlayer(histories, at: clientsEndpoint)
    }

    static let historyPrefix = TenantSeed.prefix(of: tenant) + Bytes("live:".utf8)

    /// Nothing goes wrong at the servers or on the way to them any more.
    func heal() {
        for place in sources + targets {
            place.proxy.heal()
            place.server.resume()
        }
    }

    func restart(_ side: FaultSide, down: Int, keepsData: Bool) throws {
        let server = self[side]
        server.kill(SIGKILL)
        usleep(UInt32(down * 1000))
        if !keepsData { try FileManager.default.removeItem(atPath: server.path + "/appendonlydir") }
        try server.start()
        guard !keepsData else { return }
        try Self.copy(Self.resident, from: reference, to: server)
        try Self.compact(server)
    }

    /// The tenant empties a database of its own, and writes there anew.
    func flush() throws {
        flushes += 1
        for server in [source, reference] {
            let isSource = server === source
            let client = try server.connect(
                user: isSource ? Self.user : nil,
                password: isSource ? Self.password : nil,
                database: Self.sideDatabase
            )
            try client.call("FLUSHDB")
            for number in 0..<40 { try client.call("SET", "__tenant:\(Self.tenant):k\(number)", "flush \(flushes)") }
        }
    }

    func refuse(_ refusal: FaultRefusal, time: Int) throws {
        // Held until the end: a client that goes takes its script with it.
        let client = try target.connect()
        switch refusal {
        case .outOfMemory: try client.call("CONFIG", "SET", "maxmemory", 1)
        case .readOnly: try client.call("REPLICAOF", "127.0.0.1", "1")
        case .tooFewReplicas: try client.call("CONFIG", "SET", "min-replicas-to-write", 1)
        case .busy:
            try client.call("CONFIG", "SET", "busy-reply-threshold", 10)
            try client.send(Bytes("EVAL 'while true do end' 0\r\n".utf8))
        }
        usleep(UInt32(time * 1000))
        switch refusal {
        case .outOfMemory: try target.call("CONFIG", "SET", "maxmemory", 0)
        case .readOnly: try target.call("REPLICAOF", "NO", "ONE")
        case .tooFewReplicas: try target.call("CONFIG", "SET", "min-replicas-to-write", 0)
        case .busy: try target.call("SCRIPT", "KILL")
        }
    }

    /// The source throws out who follows its changes.
    func killFeed() throws {
        for type in ["replica", "pubsub"] { try source.call("CLIENT", "KILL", "TYPE", type) }
    }

    func narrowFeedBuffer(time: Int) throws {
        let name = "client-output-buffer-limit"
        try source.call("CONFIG", "SET", name, "replica 20kb 0 0 pubsub 20kb 0 0")
        usleep(UInt32(time * 1000))
        try source.call("CONFIG", "SET", name, "replica 256mb 64mb 60 pubsub 32mb 8mb 60")
    }

    // MARK: Failover

    /// The replica takes the primary's place. Called while the tenant's writer is held: what it was answered is at the
    /// replica.
    ///
    /// - Parameter losesWrites: The old primary takes some more writes, which the tool may see and the replica does not.
    func failOver(losesWrites: Bool) throws {
        try waitForReplica()
        let old = source
        let replica = sources[1].server
        try replica.call("REPLICAOF", "NO", "ONE")
        if losesWrites {
            let client = try old.connect(user: Self.user, password: Self.password)
            for number in 0..<50 {
                try client.call("SET", "__tenant:\(Self.tenant):lost\(number)", "1")
                try client.call("APPEND", "__tenant:\(Self.tenant):k\(number * 20)", "lost")
                try client.call("DEL", "__tenant:\(Self.tenant):k\(number * 20 + 7)")
            }
            usleep(200_000)
        }
        old.kill(SIGKILL)
        primary = 1
    }

    private func waitForReplica() throws {
        for _ in 0..<6000 {
            let states = try sources.map { ServerState(try $0.server.call("INFO", "replication").text ?? "") }
            if states[1].isLinked, states[0].offset == states[1].offset { return }
            usleep(5000)
        }
        throw ToolError("the replica does not follow its primary")
    }
}

/// How a server stands in its replication.
private struct ServerState {
    let offset: String?
    let isLinked: Bool

    init(_ info: String) {
        let lines = info.split(whereSeparator: \.isNewline)
        offset = lines.first { $0.hasPrefix("master_repl_offset:") }.map { String($0.dropFirst(19)) }
        isLinked = lines.contains("master_link_status:up")
    }
}

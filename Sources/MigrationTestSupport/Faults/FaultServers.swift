import Foundation
import Glibc

/// The two servers of a round, the proxies before them, and who lives there.
final class FaultServers {
    static let tenant = "acme"
    static let user = "acme-app"
    static let password = "secret"
    /// Here only the tenant lives, and only until it empties it.
    private static let sideDatabase = 3

    let source: RedisServer
    let target: RedisServer
    private let proxies: [FaultSide: FaultProxy]
    private static let resident = "resident"
    private let neighbours = TenantSeed.neighbours(of: tenant)
    /// Holds the other tenants as they must be: a server that was started again tells the same values in other bytes.
    private let reference: RedisServer
    private var flushes = 0

    init(keys: Int) throws {
        // Appended to its file before it is answered, a write survives a SIGKILL (Redis aof.c, without everysec).
        let kept = ["appendonly yes", "appendfsync no"]
        let user = "user \(Self.user) on >\(Self.password) ~__tenant:\(Self.tenant):* &* +@all"
        source = try RedisServer(settings: kept + [user, "repl-backlog-size 256kb"])
        target = try RedisServer(settings: kept)
        proxies = [.source: try FaultProxy(to: source), .target: try FaultProxy(to: target)]
        var seed = TenantSeed(tenant: Self.tenant, keys: keys)
        seed.databases = [0, Self.sideDatabase]
        try seed.write(to: source.endpoint)
        reference = try RedisServer()
        for name in neighbours + [Self.resident] {
            try TenantSeed(tenant: name, keys: 60).write(to: reference.endpoint)
        }
        for name in neighbours { try Self.copy(name, from: reference, to: source) }
        try Self.copy(Self.resident, from: reference, to: target)
        for server in [source, target] { try Self.compact(server) }
    }

    deinit { for proxy in proxies.values { proxy.stop() } }

    private static func copy(_ tenant: String, from: RedisServer, to: RedisServer) throws {
        let (reader, writer) = (try from.connect(), try to.connect())
        for key in try KeyspaceComparison.keys([TenantSeed.prefix(of: tenant)], reader) {
            let expiry = try max(0, reader.call("PEXPIRETIME", key).integer ?? 0)
            let payload = try reader.call("DUMP", key).bytes ?? []
            try writer.call("RESTORE", key, expiry, payload, "REPLACE", "ABSTTL")
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

    subscript(side: FaultSide) -> RedisServer { side == .source ? source : target }

    func proxy(_ side: FaultSide) throws -> FaultProxy {
        guard let proxy = proxies[side] else { throw ToolError("no proxy") }
        return proxy
    }

    var happened: [Fault] { proxies.values.flatMap(\.happened) }

    func tool() throws -> MigrateTool {
        try MigrateTool(
            source: Endpoint(port: proxy(.source).port),
            target: Endpoint(port: proxy(.target).port)
        )
    }

    func startWriter(rate: Int, seed: UInt64) -> LiveWriter {
        var options = LiveWriter.Options()
        options.rate = Double(rate)
        options.seed = seed
        options.timeout = 60
        return LiveWriter(
            tenant: Self.tenant,
            at: source.endpoint(user: Self.user, password: Self.password),
            alternative: target.endpoint(user: Self.user, password: Self.password),
            options: options
        )
    }

    /// Nothing goes wrong at the servers or on the way to them any more.
    func heal() throws {
        for proxy in proxies.values { proxy.heal() }
        for server in [source, target] { server.resume() }
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
        let client = try source.connect(user: Self.user, password: Self.password, database: Self.sideDatabase)
        try client.call("FLUSHDB")
        flushes += 1
        for number in 0..<40 { try client.call("SET", "__tenant:\(Self.tenant):k\(number)", "flush \(flushes)") }
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

    func narrowFeedBuffer(time: Int) throws {
        try source.call("CONFIG", "SET", "client-output-buffer-limit", "replica 20kb 0 0")
        usleep(UInt32(time * 1000))
        try source.call("CONFIG", "SET", "client-output-buffer-limit", "replica 256mb 64mb 60")
    }

    /// What is not as it should be after a migration: the tenant's keys by the source's, the others' by their own, and
    /// who may write where.
    func problems() throws -> [String] {
        var comparison = KeyspaceComparison(source, target, tenant: Self.tenant)
        comparison.exceptions = [TenantSeed.prefix(of: Self.tenant) + Bytes("live:".utf8)]
        comparison.limit = 10
        var problems = try comparison.differences().map(\.description)
        for name in neighbours { problems += try changes(of: name, at: source, "neighbour at the source") }
        problems += try changes(of: Self.resident, at: target, "resident of the target")
        if try KeyspaceDigest(target, tenants: neighbours).keys != 0 { problems.append("neighbours are at the target") }
        return try problems + loginProblems()
    }

    private func changes(of tenant: String, at server: RedisServer, _ who: String) throws -> [String] {
        var comparison = KeyspaceComparison(reference, server, tenant: tenant)
        comparison.limit = 3
        return try comparison.differences().map { "\(who) \(tenant) has changed: \($0)" }
    }

    private func loginProblems() throws -> [String] {
        let key = "__tenant:\(Self.tenant):live:late"
        let old = try source.connect(user: Self.user, password: Self.password).answer("SET", key, "1")
        let new = try target.connect(user: Self.user, password: Self.password).answer("SET", key, "1")
        return [
            old.errorText?.hasPrefix("NOPERM") == true ? nil : "the source is not fenced: \(old)",
            new.errorText == nil ? nil : "the target is not writable: \(new)",
        ]
        .compactMap(\.self)
    }
}

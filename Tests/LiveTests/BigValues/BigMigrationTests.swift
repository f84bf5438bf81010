import Foundation
import MigrationTestSupport
import Synchronization
import Testing

/// Values that are too big for one payload, written while they move.
@Suite(.serialized) struct BigMigrationTests {
    /// With `FERRITE_BIG_VALUES=full` in the sizes of the mission, and the default limit.
    private static let isFull = ProcessInfo.processInfo.environment["FERRITE_BIG_VALUES"] == "full"
    private static let tenant = isFull ? BigTenant.full : BigTenant()
    private static let limit = isFull ? 16 << 20 : 262_144
    private static let user = "acme-app on >secret ~__tenant:acme:* resetchannels +@all"

    @Test func hotBigValuesMoveInPiecesAndAreEqual() throws {
        let settings = ["slowlog-log-slower-than 50000", "slowlog-max-len 100000"]
        let source = try RedisServer(.v7, settings: settings)
        let target = try RedisServer(.v7)
        defer {
            source.stop()
            target.stop()
        }
        try source.connect().call(
            (["ACL", "SETUSER"] + Self.user.split(separator: " ").map(String.init)).map { Bytes($0.utf8) }
        )
        try Self.tenant.write(to: source)
        try source.call("SLOWLOG", "RESET")
        for name in BigTenant.names {
            #expect(try source.call("MEMORY", "USAGE", BigTenant.key(name)).integer ?? 0 > Self.limit, "\(name)")
        }
        let tool = try MigrateTool(source: source.endpoint, target: target.endpoint)
        defer { tool.endAll() }
        let writers = Self.tenant.writers(at: source.endpoint(user: "acme-app", password: "secret"))
        let watch = MemoryWatch(tool)
        let begin = MonotonicClock.seconds
        let id = try tool.migrate(
            "acme",
            ["--wait", "live_sync", "--timeout", Self.isFull ? "1200" : "60", "--big-value", "\(Self.limit)"]
        )
        let synced = MonotonicClock.seconds
        let rounds = writers.map(\.rounds)
        // A hot value is followed, not only copied: without new writes for longer than a moment this proves nothing.
        sleep(Self.isFull ? 10 : 2)
        for (writer, before) in zip(writers, rounds) { #expect(writer.rounds > before, "\(writer.error ?? "")") }
        let lag = try tool.status(id).number("lag_keys") ?? -1
        let answer = try tool.json(["cutover", id, "--max-pause", "60000", "--verify", "none"], timeout: 600)
        let peak = watch.stop()
        let slow = try Self.slowCommands(of: source)
        print(
            "big values: synced in \(synced - begin) s, lag \(lag), downtime \(answer.number("downtime_ms") ?? -1) ms, "
                + "peak \(peak >> 20) MB, slow \(slow), rounds \(writers.map(\.rounds))"
        )
        #expect(writers.allSatisfy { $0.error?.contains("NOPERM") == true }, "\(writers.map(\.error))")
        #expect(try KeyspaceComparison(source, target, tenant: "acme").differences().map(\.description) == [])
        #expect(try target.call("DBSIZE").integer == BigTenant.names.count)
        #expect(peak < 256 << 20)
        #expect(slow == [])
        let events = try String(contentsOfFile: source.path + "/redis.log", encoding: .utf8)
        #expect(!events.contains("scheduled to be closed"), "a client's output buffer became too large")
    }

    /// Connections that break and workers that die in the middle of a move leave nothing half and nothing late.
    @Test func hotBigValuesSurviveInterruptions() throws {
        let (source, target) = (try RedisServer(.v7), try RedisServer(.v7))
        defer {
            source.stop()
            target.stop()
        }
        try source.connect().call(
            (["ACL", "SETUSER"] + Self.user.split(separator: " ").map(String.init)).map { Bytes($0.utf8) }
        )
        let tenant = BigTenant()
        try tenant.write(to: source)
        let tool = try MigrateTool(source: source.endpoint, target: target.endpoint)
        defer { tool.endAll() }
        let writers = tenant.writers(at: source.endpoint(user: "acme-app", password: "secret"))
        let id = try tool.migrate("acme", ["--big-value", "262144"])
        for round in 0..<6 {
            usleep(300_000)
            try Self.cutConnections(at: round % 2 == 0 ? target : source)
        }
        for process in tool.processes.sorted() { kill(process, SIGKILL) }
        usleep(300_000)
        _ = try tool.json(["resume", id, "--wait", "live_sync"])
        for writer in writers { #expect(writer.error == nil) }
        sleep(1)
        _ = try tool.json(["cutover", id, "--max-pause", "60000", "--verify", "none", "--force"], timeout: 600)
        #expect(writers.allSatisfy { $0.error?.contains("NOPERM") == true }, "\(writers.map(\.error))")
        #expect(try KeyspaceComparison(source, target, tenant: "acme").differences().map(\.description) == [])
        #expect(try target.call("DBSIZE").integer == BigTenant.names.count, "a part was left")
    }

    private static func cutConnections(at server: RedisServer) throws {
        let clients = try server.call("CLIENT", "LIST", "TYPE", "normal").text ?? ""
        for line in clients.split(whereSeparator: \.isNewline) where line.contains("user=default") {
            let id = line.split(separator: " ").first?.dropFirst("id=".count)
            _ = try server.connect().answer("CLIENT", "KILL", "ID", id.map(String.init) ?? "")
        }
    }

    /// The commands over 50 ms that are no writer's.
    private static func slowCommands(of server: RedisServer) throws -> [String] {
        let writes: Set<String> = [
            "HINCRBY", "HSET", "HDEL", "SADD", "SREM", "SPOP", "ZINCRBY", "ZADD", "ZREM", "RPUSH", "LPOP", "APPEND",
            "SETRANGE", "SETBIT", "XADD", "XREADGROUP", "XACK", "XDEL", "XTRIM",
        ]
        return try server.call("SLOWLOG", "GET", "1000").array?.compactMap { entry in
            guard let parts = entry.array, parts.count > 3, let command = parts[3].array?.compactMap(\.text) else {
                return nil
            }
            guard !writes.contains(command.first?.uppercased() ?? "") else { return nil }
            return "\(command.prefix(4).map { $0.prefix(40) }.joined(separator: " ")): \(parts[2].integer ?? 0) us"
        } ?? []
    }
}

/// The most memory that any process of the tool ever had resident, in bytes.
final class MemoryWatch: Sendable {
    private let isStopped = Atomic<Bool>(false)
    private let peak = Atomic<Int>(0)

    init(_ tool: MigrateTool) {
        Thread.detachNewThread { [weak self] in
            while let watch = self, !watch.isStopped.load(ordering: .relaxed) {
                for pid in tool.processes {
                    let bytes = ProcessUsage(pid: pid)?.peakBytes ?? 0
                    if bytes > watch.peak.load(ordering: .relaxed) { watch.peak.store(bytes, ordering: .relaxed) }
                }
                usleep(100_000)
            }
        }
    }

    func stop() -> Int {
        isStopped.store(true, ordering: .relaxed)
        return peak.load(ordering: .relaxed)
    }
}

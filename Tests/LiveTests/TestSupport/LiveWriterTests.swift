import Glibc
import MigrationTestSupport
import Testing

@Suite struct LiveWriterTests {
    private static func options(seed: UInt64 = 1) -> LiveWriter.Options {
        var options = LiveWriter.Options()
        options.rate = 20_000
        options.databases = [0, 3]
        options.seed = seed
        return options
    }

    @Test(arguments: RedisVersion.available)
    func anHonestServerHasNoProblems(_ version: RedisVersion) async throws {
        try await withRedisServer(version) { server in
            let writer = LiveWriter(tenant: "t", at: server.endpoint, options: Self.options())
            #expect(writer.waitForWrites(20_000, seconds: 60))
            let ledger = writer.stop()
            let problems = try ledger.check(on: server)
            #expect(problems == [])
            #expect(ledger.statistics.refused == 0)
            #expect(ledger.statistics.unanswered == 0)
        }
    }

    @Test func aLostOrDoubledWriteIsFound() async throws {
        try await withRedisServer { server in
            let writer = LiveWriter(tenant: "t", at: server.endpoint, options: Self.options())
            writer.waitForWrites(8000)
            let ledger = writer.stop()
            let plants = [
                // First, while the key lives.
                ["PEXPIRE", "__tenant:t:live:0:renewed:2", "100000"],
                ["RPOP", "__tenant:t:live:0:list:0"], ["INCR", "__tenant:t:live:1:counter:2"],
                ["HINCRBY", "__tenant:t:live:2:hash:4", "f1", "1"], ["APPEND", "__tenant:t:live:3:text:0", "x"],
                ["XADD", "__tenant:t:live:0:stream:2", "*", "payload", "x"],
                ["SADD", "__tenant:t:live:1:set:4", "x"], ["ZINCRBY", "__tenant:t:live:2:zset:0", "1", "m1"],
            ]
            let socket = try server.connect()
            for (count, plant) in plants.enumerated() {
                try socket.call(plant.map { Bytes($0.utf8) })
                #expect(try ledger.check(on: server).count == count + 1, "\(plant)")
            }
        }
    }

    @Test func aStrangersWriteShowsInTheAnswers() async throws {
        try await withRedisServer { server in
            let writer = LiveWriter(tenant: "t", at: server.endpoint, options: Self.options())
            writer.waitForWrites(2000)
            try server.call("INCR", "__tenant:t:live:0:counter:0")
            writer.waitForWrites(6000)
            let ledger = writer.stop()
            #expect(ledger.wrongAnswers.contains { $0.contains("live:0:counter:0") })
        }
    }

    @Test func refusedWritesMoveToTheOtherServerByThemselves() async throws {
        try await withRedisServers { source, target in
            let rule = ["on", ">secret", "+@all", "~__tenant:t:*"]
            try Self.setUser(source, rule)
            let writer = LiveWriter(
                tenant: "t",
                at: source.endpoint(user: "app", password: "secret"),
                alternative: target.endpoint(user: "app", password: "secret"),
                options: Self.options()
            )
            #expect(writer.waitForWrites(4000))
            try Self.setUser(source, ["resetkeys", "%R~__tenant:t:*"])
            usleep(20_000)
            try Self.copy(source, target)
            let moved = writer.statistics.acknowledged
            try Self.setUser(target, rule)
            #expect(writer.waitForWrites(moved + 4000))
            let ledger = writer.stop()
            #expect(ledger.statistics.refused > 0)
            #expect(ledger.statistics.longestWrite > 0.02)
            #expect(try ledger.check(on: target) == [])
            #expect(try ledger.check(on: source) != [])
        }
    }

    @Test func aWriteWithoutAnAnswerMayHaveBeenDoneOrNot() async throws {
        let settings = ["appendonly yes", "appendfsync always"]
        try await withRedisServer(settings: settings) { server in
            let writer = LiveWriter(tenant: "t", at: server.endpoint, options: Self.options())
            for round in 1...3 {
                #expect(writer.waitForWrites(2000 * round))
                try server.restart(signal: SIGKILL)
            }
            #expect(writer.waitForWrites(8000))
            let ledger = writer.stop()
            #expect(ledger.statistics.unanswered > 0)
            let problems = try ledger.check(on: server)
            #expect(problems == [])
        }
    }

    private static func setUser(_ server: RedisServer, _ rules: [String]) throws {
        try server.connect().call((["ACL", "SETUSER", "app"] + rules).map { Bytes($0.utf8) })
    }

    /// Copies database 0 and 3 of a server at rest.
    private static func copy(_ source: RedisServer, _ target: RedisServer) throws {
        for database in [0, 3] {
            let (left, right) = (try source.connect(database: database), try target.connect(database: database))
            let keys = try KeyspaceComparison.keys([TenantSeed.prefix(of: "t")], left)
            for (key, expiry) in zip(keys, try Expiry.read(keys, left)) {
                guard let dump = try left.call("DUMP", key).bytes, expiry != .noKey else { continue }
                var time = 0
                if case .at(let moment) = expiry { time = moment }
                try right.call("RESTORE", key, time, dump, "ABSTTL")
            }
        }
    }
}

import MigrationTestSupport
import Testing

@Suite struct KeyspaceComparisonTests {
    /// Two servers with the same tenant, copied by DUMP and RESTORE, then one command at the target.
    private func differences(
        after arguments: [String],
        versions: (RedisVersion, RedisVersion) = (.v7, .v7)
    ) async throws -> [KeyDifference] {
        try await withRedisServers(source: versions.0, target: versions.1) { source, target in
            try Fixture.write(to: source)
            try Fixture.copy(source, target)
            if !arguments.isEmpty { try target.connect().call(arguments.map { Bytes($0.utf8) }) }
            return try KeyspaceComparison(source, target, tenant: "t").differences()
        }
    }

    @Test func equalServersHaveNoDifferences() async throws {
        #expect(try await differences(after: []).isEmpty)
    }

    @Test(arguments: [
        ["SET", "__tenant:t:string", "other"],
        ["SET", "__tenant:t:list", "another type"],
        ["LPUSH", "__tenant:t:list", "first"],
        ["LSET", "__tenant:t:list", "1", "changed"],
        ["SADD", "__tenant:t:set", "more"],
        ["HSET", "__tenant:t:hash", "field", "changed"],
        ["ZADD", "__tenant:t:zset", "1.65000000000001e-07", "a"],
        ["XADD", "__tenant:t:stream", "9-9", "f", "v"],
        ["XSETID", "__tenant:t:stream", "5-6"],
        ["XSETID", "__tenant:t:stream", "5-5", "ENTRIESADDED", "99", "MAXDELETEDID", "0-0"],
        ["XSETID", "__tenant:t:stream", "5-5", "ENTRIESADDED", "2", "MAXDELETEDID", "0-7"],
        ["XACK", "__tenant:t:stream", "group", "1-1"],
        ["XCLAIM", "__tenant:t:stream", "group", "ann", "0", "1-1", "TIME", "77", "RETRYCOUNT", "1"],
        ["XGROUP", "SETID", "__tenant:t:stream", "group", "0"],
        ["XGROUP", "CREATECONSUMER", "__tenant:t:stream", "group", "zoe"],
        ["XGROUP", "CREATE", "__tenant:t:stream", "group two", "0"],
        ["PERSIST", "__tenant:t:expiring"],
        ["PEXPIREAT", "__tenant:t:expiring", "4000000000001"],
        ["DEL", "__tenant:t:set"],
        ["SET", "__tenant:t:new", "at the target only"],
        ["SETBIT", "__tenant:t:string", "0", "1"],
    ])
    func aPlantedDifferenceIsFound(_ command: [String]) async throws {
        let found = try await differences(after: command)
        #expect(found.count == 1)
        #expect(found.first?.description.contains("__tenant:t:") == true)
    }

    @Test func aKeyInAnotherDatabaseIsFound() async throws {
        try await withRedisServers { source, target in
            try source.connect(database: 7).call("SET", "__tenant:t:k", "v")
            try target.connect(database: 8).call("SET", "__tenant:t:k", "v")
            let found = try KeyspaceComparison(source, target, tenant: "t").differences()
            #expect(found.map(\.database) == [7, 8])
        }
    }

    @Test func keysOfOtherTenantsDoNotCount() async throws {
        let found = try await differences(after: ["SET", "__tenant:tt:k", "v"])
        #expect(found.isEmpty)
    }

    @Test func aMinusZeroScoreIsNotZero() {
        let scores = [0.0, -0.0].map { LogicalValue.sortedSet([[1]: $0.bitPattern]) }
        #expect(LogicalValue.difference(scores[0], scores[1]) != nil)
    }

    @Test(.enabled(if: RedisVersion.v62.isAvailable))
    func versionsMayDifferButNotTheirExpiries() async throws {
        #expect(try await differences(after: [], versions: (.v62, .v7)).isEmpty)
        let shifted = ["PEXPIREAT", "__tenant:t:expiring", "4000000000001"]
        #expect(try await differences(after: shifted, versions: (.v62, .v7)).count == 1)
    }

    @Test func theDigestSeesEveryChangeAndNothingElse() async throws {
        try await withRedisServer { server in
            try Fixture.write(to: server)
            let before = try KeyspaceDigest(server, tenants: ["t"])
            let socket = try server.connect()
            try socket.call("SET", "__tenant:other:k", "v")
            #expect(try KeyspaceDigest(server, tenants: ["t"]) == before)
            try socket.call("PEXPIREAT", "__tenant:t:expiring", 4_000_000_000_001)
            #expect(try KeyspaceDigest(server, tenants: ["t"]) != before)
        }
    }
}

private enum Fixture {
    static func write(to server: RedisServer) throws {
        let socket = try server.connect()
        let prefix = "__tenant:t:"
        try socket.call("SET", prefix + "string", "value")
        try socket.call("SET", prefix + "expiring", "v", "PXAT", 4_000_000_000_000)
        try socket.call("RPUSH", prefix + "list", "a", "b", "c")
        try socket.call("SADD", prefix + "set", "a", "b")
        try socket.call("HSET", prefix + "hash", "field", "value")
        try socket.call("ZADD", prefix + "zset", "1.65e-07", "a", "inf", "b")
        try socket.call("XADD", prefix + "stream", "1-1", "f", "v")
        try socket.call("XADD", prefix + "stream", "5-5", "f", "v")
        try socket.call("XGROUP", "CREATE", prefix + "stream", "group", "0")
        try socket.call("XREADGROUP", "GROUP", "group", "ann", "COUNT", 1, "STREAMS", prefix + "stream", ">")
    }

    static func copy(_ source: RedisServer, _ target: RedisServer) throws {
        let (left, right) = (try source.connect(), try target.connect())
        let keys = try KeyspaceComparison.keys([TenantSeed.prefix(of: "t")], left)
        for (key, expiry) in zip(keys, try Expiry.read(keys, left)) {
            let dump = try left.call("DUMP", key).bytes ?? []
            var time = 0
            if case .at(let moment) = expiry { time = moment }
            try right.call("RESTORE", key, time, dump, "ABSTTL")
        }
    }
}

import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

/// Values that are equal although their histories, and so their DUMP payloads, are not.
@Suite struct EqualValuesTests {
    struct History: CustomTestStringConvertible, Sendable {
        let name: String
        let source: [String]
        let target: [String]
        var testDescription: String { name }
    }

    static let histories: [History] = [
        History(name: "string", source: ["SET @k abc"], target: ["APPEND @k ab", "APPEND @k c"]),
        History(name: "number", source: ["SET @k 13"], target: ["SET @k 1", "APPEND @k 3"]),
        History(name: "list", source: ["RPUSH @k a b 3"], target: ["RPUSH @k b", "LPUSH @k a", "RPUSH @k 3"]),
        History(
            name: "set in another order and encoding",
            source: ["SADD @k a b c"],
            target: ["SADD @k c \(long(80))", "SREM @k \(long(80))", "SADD @k b a"]
        ),
        History(
            name: "intset and hashtable",
            source: ["SADD @k 1 2 3"],
            target: ["SADD @k x 3 2 1", "SREM @k x"]
        ),
        History(
            name: "hash in another order and encoding",
            source: ["HSET @k a 1 b 2"],
            target: ["HSET @k b 2 z \(long(80))", "HDEL @k z", "HSET @k a 1"]
        ),
        History(
            name: "sorted set in another order and encoding",
            source: ["ZADD @k 0.1 a inf b -inf c -0 z"],
            target: ["ZADD @k 0 z -inf c 2 \(long(80))", "ZREM @k \(long(80))", "ZADD @k inf b 0.1 a"]
        ),
        History(
            name: "stream with other nodes",
            source: ["XADD @k 1-1 f v", "XADD @k 2-1 g w"] + groups,
            target: ["CONFIG SET stream-node-max-entries 1", "XADD @k 1-1 f v", "XADD @k 2-1 g w"] + groups
        ),
        History(
            name: "empty stream with a last id",
            source: ["XADD @k 5-5 f v", "XDEL @k 5-5"],
            target: [
                "XADD @k 4-4 f v", "XADD @k 5-5 f v", "XTRIM @k MAXLEN 0",
                "XSETID @k 5-5 ENTRIESADDED 1 MAXDELETEDID 5-5",
            ]
        ),
        History(
            name: "HyperLogLog whose count was asked for",
            source: ["PFADD @k a b", "PFCOUNT @k"],
            target: ["PFADD @k a b"]
        ),
        History(
            name: "dense HyperLogLog whose count was asked for",
            source: ["CONFIG SET hll-sparse-max-bytes 0", "PFADD @k a b", "PFCOUNT @k"],
            target: ["CONFIG SET hll-sparse-max-bytes 0", "PFADD @k a b"]
        ),
        History(
            name: "absolute expiry",
            source: ["SET @k v", "PEXPIREAT @k 4000000000123"],
            target: ["SET @k v PXAT 4000000000123"]
        ),
    ]

    private static let groups = [
        "XGROUP CREATE @k g 0", "XGROUP CREATECONSUMER @k g ann",
        "XCLAIM @k g ann 0 1-1 TIME 4000 RETRYCOUNT 3 FORCE JUSTID", "XGROUP SETID @k g 1-1 ENTRIESREAD 1",
    ]

    private static func long(_ count: Int) -> String { String(repeating: "m", count: count) }

    @Test(arguments: histories) func anotherHistoryIsNoDifference(_ history: History) async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run(history.source)
            try pair.target.run(history.target)
            let report = try await pair.verify()
            #expect(report.differences == [])
            #expect(report.checksumMatch)
            #expect((report.keysSource, report.keysTarget, report.sampleVerified) == (1, 1, 1))
        }
    }

    @Test func compressionMakesNoDifference() async throws {
        try await VerifiedPair.with(settings: (["rdbcompression yes"], ["rdbcompression no"])) { pair in
            for server in [pair.source, pair.target] {
                try server.call("SET", VerifiedPair.prefix + "k", String(repeating: "ab", count: 5000))
            }
            let report = try await pair.verify()
            #expect(report.differences == [])
            #expect(report.checksumSource == report.checksumTarget)
        }
    }

    /// 9,000 seeded keys of all types, among them big ones, with the target's encodings forced to others.
    @Test(arguments: [RedisVersion.v7, .v62]) func aCopyInOtherEncodingsIsEqual(_ version: RedisVersion) async throws {
        guard version.path != nil else { return }
        let limits = version == .v7 ? "listpack" : "ziplist"
        let plain = ["hash", "zset"].map { "\($0)-max-\(limits)-entries 0" } + ["set-max-intset-entries 0"]
        try await VerifiedPair.with(version, .v7, settings: (plain + ["list-compress-depth 1"], [])) { pair in
            var seed = TenantSeed(tenant: "t", keys: 3000)
            seed.databases = [0, 3, 15]
            try seed.write(to: pair.source.endpoint)
            try pair.copy(databases: seed.databases)
            let report = try await pair.verify()
            #expect(report.differences == [])
            #expect(report.checksumMatch)
            #expect(report.keysSource == report.keysTarget)
            #expect(report.sampleVerified == report.keysSource)
            #expect(report.keysSource >= 2900)
        }
    }
}

import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import Testing

/// Equal vector sets have different payloads.
@Suite(.enabled(if: RedisVersion.v82.isAvailable, "needs Redis 8.2")) struct VectorSetTests {
    private static func fill(_ server: RedisServer) throws {
        var request = RequestBuffer()
        var random = SplitMix64(seed: 7)
        for kind in ["NOQUANT", "Q8", "BIN"] {
            for number in 0..<300 {
                let key = VerifiedPair.prefix + kind
                let vector = (0..<8).map { _ in "\(Double(random.below(2000)) / 1000 - 1.0005)" as any RESPArgument }
                let words: [any RESPArgument] =
                    ["VADD", key, "VALUES", 8] + vector + ["e\(number)", kind, "SETATTR", "{\"n\":\(number)}"]
                request.append(words.map(\.argumentBytes))
            }
        }
        try server.connect().perform(request)
    }

    @Test func whatTheyHoldIsCompared() async throws {
        try await VerifiedPair.with(.v82, .v82) { pair in
            try Self.fill(pair.source)
            try pair.copy()
            let payloads = try [pair.source, pair.target].map { try $0.call("DUMP", VerifiedPair.prefix + "Q8") }
            #expect(payloads[0] != payloads[1], "the payloads prove what they should not")
            let equal = try await pair.verify()
            #expect(equal.outcome == .verified && equal.sampleVerified == 3, "\(equal)")
            #expect(try KeyspaceComparison(pair.source, pair.target, tenant: "t").differences().isEmpty)
            try pair.target.run([
                "VREM @Q8 e5", "VADD @BIN VALUES 8 9 -9 9 -9 9 -9 9 -9 e7 BIN", "VSETATTR @NOQUANT e9 {\"n\":10}",
            ])
            let report = try await pair.verify()
            let names = ["BIN", "NOQUANT", "Q8"].map { ByteString(VerifiedPair.prefix + $0) }
            #expect(report.differences.map(\.key) == names, "\(report.differences)")
            #expect(try KeyspaceComparison(pair.source, pair.target, tenant: "t").differences().count == 3)
        }
    }

    /// What the tool's user may not read is named, and nobody calls it verified or different.
    @Test func whatCannotBeReadIsNotCompared() async throws {
        try await VerifiedPair.with(.v82, .v82) { pair in
            try Self.fill(pair.source)
            try pair.source.run(["SET @k v"])
            try pair.copy()
            try pair.target.call("ACL", "SETUSER", "default", "-vemb")
            let report = try await pair.verify()
            #expect(report.outcome == .partlyVerified && report.differences == [])
            #expect(report.notCompared == ["vectorset": 3])
            #expect((report.sampleVerified, report.sampleSize) == (1, 4))
            try pair.target.run(["DEL @Q8"])
            #expect(try await pair.verify().outcome == .different)
        }
    }
}

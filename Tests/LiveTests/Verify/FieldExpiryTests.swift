import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import Testing

/// Expiries of single fields, in hashes that are read whole and in those that are read in pages.
@Suite struct FieldExpiryTests {
    static let versions = [RedisVersion.v82, .valkey91].filter(\.isAvailable)
    private static let year2100 = 4_102_444_800_000

    /// Some fields of `@hash` and `@big` expire far from now.
    private static func fill(_ server: RedisServer) throws {
        var lines = ["HSET @hash a 1 b 2 c 3", "HPEXPIREAT @hash \(year2100) FIELDS 1 a", "HSET @plain a 1"]
        for start in stride(from: 0, to: 8000, by: 1000) {
            let fields = (start..<(start + 1000)).map { "field:\($0)" }
            lines.append("HSET @big " + fields.map { "\($0) some-value-of-some-length" }.joined(separator: " "))
            lines.append("HPEXPIREAT @big \(year2100 + start) FIELDS 500 " + fields.prefix(500).joined(separator: " "))
        }
        try server.run(lines)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var testDescription: String { command }
        let command: String
        let key: String
        let detail: String
    }

    static let faults = [
        Fault(command: "HPERSIST @hash FIELDS 1 a", key: "hash", detail: "field expiries only at the source"),
        Fault(command: "HPEXPIREAT @hash \(year2100 + 1) FIELDS 1 a", key: "hash", detail: "field expiries"),
        Fault(command: "HPEXPIREAT @hash \(year2100) FIELDS 1 b", key: "hash", detail: "field expiries: 1"),
        Fault(command: "HPEXPIREAT @plain \(year2100) FIELDS 1 a", key: "plain", detail: "only at the target"),
        Fault(command: "HPERSIST @big FIELDS 1 field:0", key: "big", detail: "field expiries: 4000 at the source"),
        Fault(command: "HPEXPIREAT @big 4102444800001 FIELDS 1 field:3", key: "big", detail: "field expiries"),
        Fault(command: "HDEL @big field:9", key: "big", detail: "fields: 8000 at the source, 7999 at the target"),
    ]

    @Test(arguments: versions) func everyLossIsFound(_ version: RedisVersion) async throws {
        try await VerifiedPair.with(version, version) { pair in
            try Self.fill(pair.source)
            for fault in Self.faults {
                try pair.target.call("FLUSHALL")
                try pair.copy()
                try pair.target.run([fault.command])
                let report = try await pair.verify()
                #expect(report.differences.map(\.key) == [ByteString(VerifiedPair.prefix + fault.key)], "\(fault)")
                #expect(report.differences.first?.detail.contains(fault.detail) == true, "\(report.differences)")
            }
        }
    }

    /// Written in another order, so that no payload is the same.
    @Test(arguments: versions) func anotherOrderIsNoDifference(_ version: RedisVersion) async throws {
        try await VerifiedPair.with(version, version) { pair in
            try pair.source.run(["HSET @k a 1 b 2 c 3", "HPEXPIREAT @k 4102444800001 FIELDS 2 a b"])
            try pair.target.run(["HSET @k c 3", "HSET @k b 2 a 1", "HPEXPIREAT @k 4102444800001 FIELDS 1 b"])
            try pair.target.run(["HPEXPIREAT @k 4102444800001 FIELDS 1 a"])
            let report = try await pair.verify()
            #expect(report.differences == [] && report.checksumMatch)
        }
    }

    /// A field that goes within the seconds of the comparison is in none; one that lost its expiry is a difference.
    @Test(arguments: versions) func aFieldThatIsAboutToGoIsNotJudged(_ version: RedisVersion) async throws {
        try await VerifiedPair.with(version, version) { pair in
            for (server, time) in [(pair.source, 3000), (pair.target, 2000)] {
                try server.run(["HSET @k a 1 b 2", "HPEXPIRE @k \(time) FIELDS 1 a"])
                try server.run(["HSET @lost a 1 b 2"])
            }
            try pair.source.run(["HPEXPIRE @lost 3000 FIELDS 1 a"])
            let report = try await pair.verify()
            #expect(report.differences.map(\.key) == [ByteString(VerifiedPair.prefix + "lost")])
        }
    }

    /// A target that knows no expiries of fields has lost them.
    @Test(.enabled(if: RedisVersion.v82.isAvailable)) func aTargetWithoutThemIsNotEqual() async throws {
        try await VerifiedPair.with(.v82, .v7) { pair in
            try pair.source.run(["HSET @k a 1", "HPEXPIREAT @k \(Self.year2100) FIELDS 1 a", "HSET @plain a 1"])
            try pair.target.run(["HSET @k a 1", "HSET @plain a 1"])
            let report = try await pair.verify()
            #expect(report.differences.map(\.detail) == ["field expiries only at the source"])
        }
    }
}

import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import Testing

/// Values over the limit up to which they are read whole.
@Suite struct BigValueTests {
    private static let filler = String(repeating: "0123456789abcdef", count: 32)

    /// Writes one big value of each type; `reversed` is another history of the same values.
    private func write(to server: RedisServer, reversed: Bool) throws {
        let socket = try server.connect()
        let numbers = reversed ? Array((0..<3000).reversed()) : Array(0..<3000)
        var request = RequestBuffer()
        let key = { VerifiedPair.prefix + $0 }
        for number in numbers {
            let member = "\(number) \(Self.filler) \(number * 7919)"
            request.append("HSET", key("hash"), member, "\(number)")
            request.append("SADD", key("set"), member)
            request.append("ZADD", key("zset"), "\(Double(number) / 3)", member)
            request.append("SETRANGE", key("string"), number * 600, member)
            request.append(reversed ? "LPUSH" : "RPUSH", key("list"), member)
        }
        for number in 0..<3000 {
            request.append("XADD", key("stream"), "\(number + 1)-1", "field", "\(number) \(Self.filler)")
        }
        request.append("XGROUP", "CREATE", key("stream"), "g", "0")
        for number in 0..<1000 {
            let id = "\(number + 1)-1"
            request.append(
                "XCLAIM",
                key("stream"),
                "g",
                "c\(number % 3)",
                0,
                id,
                "TIME",
                5000 + number,
                "RETRYCOUNT",
                number,
                "FORCE",
                "JUSTID"
            )
        }
        try socket.perform(request)
    }

    private func report(
        after command: [String],
        _ versions: (RedisVersion, RedisVersion) = (.v7, .v7)
    ) async throws -> VerificationReport {
        // Without compression every payload is over the limit, and other than the source's.
        let target = ["rdbcompression no", "stream-node-max-entries 7"]
        return try await VerifiedPair.with(versions.0, versions.1, settings: (["rdbcompression no"], target)) { pair in
            try write(to: pair.source, reversed: false)
            try write(to: pair.target, reversed: true)
            for number in 0..<3000 { try pair.target.run(["HSTRLEN @hash \(number)"]) }
            if !command.isEmpty { try pair.target.run([command.joined(separator: " ")]) }
            return try await pair.verify()
        }
    }

    @Test func equalOnesAreEqual() async throws {
        let report = try await report(after: [])
        #expect(report.differences == [])
        #expect(report.checksumMatch)
        #expect(report.sampleVerified == 6)
    }

    @Test(.enabled(if: RedisVersion.v62.isAvailable)) func equalOnesOfTwoVersionsAreEqual() async throws {
        let report = try await report(after: [], (.v62, .v7))
        #expect(report.differences == [])
        #expect(report.checksumMatch)
    }

    @Test(arguments: [
        ("SETRANGE @string 1500000 x", "bytes differ"),
        ("LSET @list 2999 x", "elements differ"),
        ("HSET @hash more 1", "fields: 3000 at the source, 3001 at the target"),
        ("SADD @set more", "members: 3000 at the source, 3001 at the target"),
        ("ZADD @zset 3.5 more", "members: 3000 at the source, 3001 at the target"),
        ("XADD @stream 9999-1 f v", "entries: 3000 at the source, 3001 at the target"),
        ("XCLAIM @stream g c0 0 700-1 TIME 1 RETRYCOUNT 699 JUSTID", "group g: pending entries differ"),
        ("XACK @stream g 700-1", "group g: pending entries: 1000 at the source, 999 at the target"),
    ]) func oneFaultIsFound(_ command: String, _ detail: String) async throws {
        let report = try await report(after: [command])
        #expect(report.differences.map(\.detail) == [detail])
        #expect(report.checksumSource != report.checksumTarget)
    }
}

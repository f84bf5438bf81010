import RESP
import Testing

@testable import MigrationEngine

/// What an allocator's report proves.
@Suite struct AllocatorReportTests {
    private func replies(_ lines: String, main: Int = 104, keys: Int = 1) -> [RESPValue] {
        let stats: RESPValue = .array([.string("overhead.hashtable.main"), .integer(main)])
        let text = "extra\nlarge:  size ind allocated curlextents\n\(lines)\nextents: size\n  33554432 1 9 9\n"
        return [
            .string("OK"), .string("QUEUED"), .string("QUEUED"), .string("QUEUED"),
            .array([
                .string("# Keyspace\r\ndb0:keys=\(keys),expires=0,avg_ttl=0\r\n"),
                .array([.string("db.0"), stats]), .string(ByteString(text)),
            ]),
        ]
    }

    private func isSmall(_ replies: [RESPValue]) -> Bool? {
        AllocatorReport(replies)?.hasOnlySmallStrings(below: 16 << 20)
    }

    @Test func smallAllocationsProveIt() {
        #expect(isSmall(replies("  16384 36 7 9\n  ---\n  10485760 72 9 4")) == true)
        #expect(isSmall(replies("  16384 36 7 9\n  ---\n  33554432 80 9 0")) == true)
    }

    @Test func oneLargeAllocationDoesNot() {
        #expect(isSmall(replies("  16384 36 7 9\n  ---\n  33554432 80 9 1")) == false)
        // A string whose memory just reaches the limit.
        #expect(isSmall(replies("  16777216 76 9 1")) == false)
    }

    @Test func aTableExplainsOneAllocationOfItsSize() {
        let keys = 3_000_000
        let main = keys * 40 + 33_554_432
        #expect(isSmall(replies("  33554432 80 9 1", main: main, keys: keys)) == true)
        #expect(isSmall(replies("  33554432 80 9 2", main: main, keys: keys)) == false)
        // While it grows there are two, and nobody says of which sizes.
        #expect(isSmall(replies("  67108864 84 9 1", main: main + 67_108_864, keys: keys)) == false)
    }

    @Test func whatIsNotUnderstoodProvesNothing() {
        #expect(AllocatorReport([]) == nil)
        #expect(AllocatorReport([.error("NOPERM")]) == nil)
        var other = replies("")
        other[4] = .array([.string(""), .array([]), .string("Stats not supported for the current allocator")])
        #expect(AllocatorReport(other) == nil)
        #expect(AllocatorReport(replies("  33554432 80 9 many")) == nil)
        #expect(AllocatorReport(large: [:], tables: []).hasOnlySmallStrings(below: 65_536) == false)
    }
}

import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import Testing

/// One fault in a copy that is otherwise true.
@Suite struct PlantedFaultTests {
    struct Fault: CustomTestStringConvertible, Sendable {
        let command: String
        let key: String
        let kind: MigrationCore.KeyDifference.Kind
        let detail: String
        var testDescription: String { command }

        init(_ command: String, _ key: String, _ kind: MigrationCore.KeyDifference.Kind = .value, _ detail: String) {
            self.command = command
            self.key = key
            self.kind = kind
            self.detail = detail
        }
    }

    static let faults: [Fault] = [
        Fault("SET @string valuf", "string", "value: the byte at offset 4"),
        Fault("APPEND @string x", "string", "value: 5 bytes at the source, 6 at the target"),
        Fault("LSET @list 1 other", "list", "the element at index 1"),
        Fault("LMOVE @list @list LEFT RIGHT", "list", "the element at index 0"),
        Fault("RPUSH @list d", "list", "elements: 3 at the source, 4 at the target"),
        Fault("SADD @set c", "set", "members: 0 only at the source, 1 only at the target"),
        Fault("SMOVE @set @set a", "set", "unchanged"),
        Fault("HSET @hash field other", "hash", "the value of field field"),
        Fault("HSET @hash new 1", "hash", "field new only at the target"),
        Fault("HDEL @hash second", "hash", "field second only at the source"),
        Fault("ZADD @zset 1.0000000000000002 one", "zset", "the score of 1 member"),
        Fault("ZADD @zset 1.7976931348623157e308 infinite", "zset", "the score of 1 member"),
        Fault("ZREM @zset one", "zset", "members: 1 only at the source, 0 only at the target"),
        Fault("XADD @stream 9-9 f v", "stream", "entry 9-9 only at the target"),
        Fault("XDEL @stream 1-1", "stream", "entry 1-1 only at the source"),
        Fault("XSETID @stream 5-6", "stream", "last id: 5-5 at the source, 5-6 at the target"),
        Fault(
            "XSETID @stream 5-5 ENTRIESADDED 3 MAXDELETEDID 0-7",
            "stream",
            "max deleted id: 0-0 at the source, 0-7 at the target"
        ),
        Fault(
            "XSETID @stream 5-5 ENTRIESADDED 9 MAXDELETEDID 0-0",
            "stream",
            "entries added: 3 at the source, 9 at the target"
        ),
        Fault("XGROUP CREATE @stream more 0", "stream", "group more only at the target"),
        Fault("XGROUP DESTROY @stream g", "stream", "group g only at the source"),
        Fault(
            "XGROUP SETID @stream g 3-3 ENTRIESREAD 1",
            "stream",
            "group g: last delivered id: 1-1 at the source, 3-3 at the target"
        ),
        Fault(
            "XGROUP SETID @stream g 1-1 ENTRIESREAD 2",
            "stream",
            "group g: entries read: 1 at the source, 2 at the target"
        ),
        // As a server makes one for a client that reads and finds nothing, without telling anybody.
        Fault("XGROUP CREATECONSUMER @stream g zoe", "stream", "unchanged"),
        Fault("XCLAIM @stream g zoe 0 1-1 TIME 77 RETRYCOUNT 2", "stream", "group g: pending entries differ"),
        Fault("XACK @stream g 1-1", "stream", "group g: pending entries: 1 at the source, 0 at the target"),
        Fault("XCLAIM @stream g ann 0 1-1 TIME 78 RETRYCOUNT 2", "stream", "group g: pending entries differ"),
        Fault("XCLAIM @stream g ann 0 1-1 TIME 77 RETRYCOUNT 3", "stream", "group g: pending entries differ"),
        Fault("SET @list another", "list", .type, "list at the source, string at the target"),
        Fault("PEXPIREAT @expiring 4000000000001", "expiring", .expiry, "at 4000000000000 at the source"),
        Fault("PERSIST @expiring", "expiring", .expiry, "no expiry at the target"),
        Fault("PEXPIREAT @set 4000000000001", "set", .expiry, "no expiry at the source"),
        Fault("DEL @set", "set", .missingAtTarget, "no such key at the target"),
        Fault("SET @new v", "new", .missingAtSource, "no such key at the source"),
    ]

    private static let values = [
        "SET @string value", "SET @expiring v PXAT 4000000000000", "RPUSH @list a b c", "SADD @set a b",
        "HSET @hash field value second value", "ZADD @zset 1 one inf infinite",
        "XADD @stream 1-1 f v", "XADD @stream 3-3 f v", "XADD @stream 5-5 f v", "XGROUP CREATE @stream g 0",
        "XREADGROUP GROUP g ann COUNT 1 STREAMS @stream >", "XCLAIM @stream g ann 0 1-1 TIME 77 RETRYCOUNT 2",
    ]

    @Test(arguments: faults) func isFoundAndNamed(_ fault: Fault) async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run(Self.values)
            try pair.copy()
            try pair.target.run([fault.command])
            let report = try await pair.verify()
            guard fault.detail != "unchanged" else {
                #expect(report.outcome == .verified)
                return
            }
            #expect(report.outcome == .different)
            #expect(!report.checksumMatch)
            #expect(report.checksumSource != report.checksumTarget)
            #expect(report.differenceCount == 1)
            let difference = try #require(report.differences.first)
            #expect(difference.key == ByteString(VerifiedPair.prefix + fault.key))
            #expect(difference.kind == fault.kind)
            #expect(difference.detail.contains(fault.detail), "\(difference.detail)")
            #expect(report.keysSource == 7)
            #expect(report.keysTarget == (fault.key == "new" ? 8 : fault.kind == .missingAtTarget ? 6 : 7))
        }
    }

    @Test func allAreFoundTogether() async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run((0..<3000).map { "SET @k\($0) v" })
            try pair.copy()
            try pair.target.run((0..<50).flatMap { ["SET @k\($0) w", "DEL @k\($0 + 100)", "SET @n\($0) v"] })
            let report = try await pair.verify()
            #expect(report.differenceCount == 150)
            #expect((report.keysSource, report.keysTarget) == (3000, 3000))
            #expect(report.sampleVerified == 2900)
            let kinds = Dictionary(grouping: report.differences, by: \.kind).mapValues(\.count)
            #expect(kinds == [.value: 50, .missingAtTarget: 50, .missingAtSource: 50])
        }
    }
}

extension PlantedFaultTests.Fault {
    init(_ command: String, _ key: String, _ detail: String) {
        self.init(command, key, .value, detail)
    }
}

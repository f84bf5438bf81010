import MigrationTestSupport
import RESP
import Testing

@testable import MigrationEngine

/// Values are asked for their size before they are read, and big ones are left to others.
@Suite struct LaneSizeTests {
    @Test func touchedKeysAreAskedForTheirSizeFirst() throws {
        var lane = LaneTranscript(bigValueBytes: 100)
        lane.submit(["a", "b", "c"], ticket: 1, touched: true)
        #expect(lane.takeToSource() == "MEMORY USAGE a\nMEMORY USAGE b\nMEMORY USAGE c")
        try lane.source(":99\r\n:100\r\n$-1\r\n")
        #expect(lane.takeToSource() == "PEXPIRETIME a\nDUMP a\nPEXPIRETIME c\nDUMP c")
        #expect(lane.takeDone() == ["1: big b"])
        try lane.source(":-1\r\n$2\r\nAA\r\n:-2\r\n$-1\r\n")
        #expect(lane.takeToTarget() == "RESTORE a 0 AA REPLACE ABSTTL\nUNLINK c")
        try lane.target("+OK\r\n:0\r\n")
        #expect(lane.takeDone() == ["1: a, gone c, 4 bytes, last"])
    }

    @Test func scannedKeysAreReadAsStringsAfterwards() throws {
        var lane = LaneTranscript(bigValueBytes: 100)
        lane.submit(["a", "h"], ticket: 1)
        #expect(lane.takeToSource() == "MEMORY USAGE a\nMEMORY USAGE h")
        try lane.source(":10\r\n:20\r\n")
        #expect(lane.takeToSource() == "PEXPIRETIME a\nPEXPIRETIME h\nMGET a h")
        try lane.source(":-1\r\n:-1\r\n*2\r\n$1\r\n1\r\n$-1\r\n")
        #expect(lane.takeToSource() == "PEXPIRETIME h\nDUMP h")
    }

    @Test func whereStringsAreKnownToBeSmallOnlyTheOthersAreAsked() throws {
        var lane = LaneTranscript(bigValueBytes: 100)
        lane.submit(["a", "h", "i"], ticket: 1, sizes: .smallStrings)
        #expect(lane.takeToSource() == "PEXPIRETIME a\nPEXPIRETIME h\nPEXPIRETIME i\nMGET a h i")
        try lane.source(":-1\r\n:-1\r\n:-1\r\n*3\r\n$1\r\n1\r\n$-1\r\n$-1\r\n")
        #expect(lane.takeToSource() == "MEMORY USAGE h\nMEMORY USAGE i")
        try lane.source(":5\r\n:500\r\n")
        #expect(lane.takeToSource() == "PEXPIRETIME h\nDUMP h")
        try lane.source(":-1\r\n$1\r\nH\r\n")
        try lane.target("+OK\r\n+OK\r\n")
        #expect(lane.takeDone() == ["1: a, 3 bytes", "1: big i", "1: h, 3 bytes, last"])
    }

    @Test func aBatchOfBigKeysAloneIsDone() throws {
        var lane = LaneTranscript(bigValueBytes: 100)
        lane.submit(["a"], ticket: 1, touched: true)
        try lane.source(":100\r\n")
        #expect(lane.takeDone() == ["1: big a, last"])
        #expect(lane.machine.batchesInFlight == 0)
        #expect(lane.takeToTarget() == "")
    }

    @Test func aRefusedSizeNamesItsKey() throws {
        var lane = LaneTranscript(bigValueBytes: 100)
        lane.submit(["a", "b"], ticket: 1, touched: true)
        #expect(throws: LaneFailure.source(reply: "ERR no", database: 0, key: "b")) {
            try lane.source(":5\r\n-ERR no\r\n")
        }
    }
}

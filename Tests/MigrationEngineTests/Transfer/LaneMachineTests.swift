import MigrationCore
import MigrationTestSupport
import RESP
import Testing

@testable import MigrationEngine

/// What goes over the wire, command by command.
@Suite struct LaneMachineTests {
    @Test func stringsAreReadByOneMGET() throws {
        var lane = LaneTranscript()
        lane.submit(["a", "b", "c"], ticket: 1)
        #expect(lane.takeToSource() == "PEXPIRETIME a\nPEXPIRETIME b\nPEXPIRETIME c\nMGET a b c")
        try lane.source(":-1\r\n:1700000000123\r\n:-2\r\n*3\r\n$1\r\n1\r\n$0\r\n\r\n$-1\r\n")
        #expect(lane.takeToTarget() == "SET a 1\nSET b  PXAT 1700000000123\nUNLINK c")
        #expect(lane.takeDone() == [])
        try lane.target("+OK\r\n+OK\r\n:0\r\n")
        #expect(lane.takeDone() == ["1: a b, gone c, 5 bytes, last"])
        #expect(lane.machine.batchesInFlight == 0)
    }

    @Test func otherTypesAreHandedOnToDump() throws {
        var lane = LaneTranscript()
        lane.submit(["a", "h", "b", "s"], ticket: 1)
        _ = lane.takeToSource()
        try lane.source(":-1\r\n:5\r\n:-1\r\n:-1\r\n*4\r\n$1\r\n1\r\n$-1\r\n$1\r\n2\r\n$-1\r\n")
        #expect(lane.takeToSource() == "PEXPIRETIME h\nDUMP h\nPEXPIRETIME s\nDUMP s")
        #expect(lane.takeToTarget() == "SET a 1\nSET b 2")
        try lane.target("+OK\r\n+OK\r\n")
        #expect(lane.takeDone() == ["1: a b, 6 bytes"])
        #expect(lane.machine.batchesInFlight == 1)
        try lane.source(":5\r\n$3\r\nHHH\r\n:-1\r\n$-1\r\n")
        #expect(lane.takeToTarget() == "RESTORE h 5 HHH REPLACE ABSTTL\nUNLINK s")
        try lane.target("+OK\r\n:1\r\n")
        #expect(lane.takeDone() == ["1: h, gone s, 5 bytes, last"])
    }

    /// A command whose value is still on its way can have no answer, and so is not timed.
    @Test func commandsAreWholeWithTheirLastByte() throws {
        var lane = LaneTranscript()
        func counts() -> [Int] { [lane.machine.commandsWhole, lane.machine.commandsAnswered] }
        lane.submit(["a", "b"], ticket: 1, touched: true)
        try lane.source(":-1\r\n$2\r\nAA\r\n:-1\r\n$4\r\nBB")
        #expect(counts() == [1, 0])
        try lane.target("+OK\r\n")
        #expect(counts() == [1, 1])
        try lane.source("BB\r\n")
        #expect(counts() == [2, 1])
        try lane.target("+OK\r\n")
        #expect(counts() == [2, 2])
    }

    @Test func touchedKeysAreReadByDump() throws {
        var lane = LaneTranscript()
        lane.submit(["a", "b", "c"], ticket: 1, touched: true)
        #expect(lane.takeToSource() == "PEXPIRETIME a\nDUMP a\nPEXPIRETIME b\nDUMP b\nPEXPIRETIME c\nDUMP c")
        // c died between its two answers.
        try lane.source(":-1\r\n$2\r\nAA\r\n:-2\r\n$-1\r\n:9\r\n_\r\n")
        #expect(lane.takeToTarget() == "RESTORE a 0 AA REPLACE ABSTTL\nUNLINK b\nUNLINK c")
        try lane.target("+OK\r\n:1\r\n:0\r\n")
        #expect(lane.takeDone() == ["1: a, gone b c, 4 bytes, last"])
    }

    /// Asked before its value, a key that is gone stays gone, although a value came after all.
    @Test func aKeyThatIsMadeAnewBetweenTheAnswersIsLeftToItsTouch() throws {
        var lane = LaneTranscript()
        lane.submit(["a"], ticket: 1, touched: true)
        try lane.source(":-2\r\n$2\r\nAA\r\n")
        #expect(lane.takeToTarget() == "UNLINK a")
    }

    @Test func eachServerIsToldTheDatabaseOnlyWhenItChanges() throws {
        var lane = LaneTranscript()
        lane.submit(["a"], ticket: 1, database: 0)
        lane.submit(["b"], ticket: 2, database: 3)
        lane.submit(["c"], ticket: 3, database: 3)
        lane.submit(["d"], ticket: 4, database: 0)
        #expect(
            lane.takeToSource() == """
                PEXPIRETIME a\nMGET a\nSELECT 3\nPEXPIRETIME b\nMGET b\nPEXPIRETIME c\nMGET c\nSELECT 0
                PEXPIRETIME d\nMGET d
                """
        )
        try lane.source(":-1\r\n*1\r\n$1\r\n1\r\n+OK\r\n:-1\r\n*1\r\n$1\r\n2\r\n:-1\r\n*1\r\n$-1\r\n")
        #expect(lane.takeToTarget() == "SET a 1\nSELECT 3\nSET b 2")
        // c is read again behind d, in its own database.
        #expect(lane.takeToSource() == "SELECT 3\nPEXPIRETIME c\nDUMP c")
        try lane.source("+OK\r\n:-1\r\n*1\r\n$1\r\n4\r\n+OK\r\n:-1\r\n$1\r\nC\r\n")
        #expect(lane.takeToTarget() == "SELECT 0\nSET d 4\nSELECT 3\nRESTORE c 0 C REPLACE ABSTTL")
        try lane.target("+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n")
        #expect(
            lane.takeDone() == [
                "1: a, 3 bytes, last", "2: b, 3 bytes, last", "3: , 0 bytes", "4: d, 3 bytes, last",
                "3: c, 3 bytes, last",
            ]
        )
    }

    @Test func olderServersAreAskedForTheirClock() throws {
        var lane = LaneTranscript(.relative)
        lane.submit(["a", "b", "c", "d"], ticket: 1, touched: true)
        let asked = ["a", "b", "c", "d"].map { "TIME\nPTTL \($0)\nTIME\nDUMP \($0)" }.joined(separator: "\n")
        #expect(lane.takeToSource() == asked)
        let early = "*2\r\n$10\r\n1700000000\r\n$6\r\n123999\r\n"
        let late = "*2\r\n$10\r\n1700000000\r\n$6\r\n124000\r\n"
        try lane.source(early + ":-1\r\n" + late + "$1\r\nA\r\n")
        try lane.source(early + ":-2\r\n" + late + "$-1\r\n")
        try lane.source(early + ":1000\r\n" + early + "$1\r\nC\r\n")
        // The clock moved on while d was asked: once more.
        try lane.source(early + ":1000\r\n" + late + "$1\r\nD\r\n")
        #expect(
            lane.takeToTarget() == """
                RESTORE a 0 A REPLACE ABSTTL\nUNLINK b\nRESTORE c 1700000001123 C REPLACE ABSTTL
                """
        )
        #expect(lane.takeToSource() == "TIME\nPTTL d\nTIME\nDUMP d")
        try lane.source(late + ":999\r\n" + late + "$1\r\nD\r\n")
        #expect(lane.takeToTarget() == "RESTORE d 1700000001123 D REPLACE ABSTTL")
        try lane.target("+OK\r\n:1\r\n+OK\r\n+OK\r\n")
        #expect(lane.takeDone() == ["1: a c, gone b, 6 bytes", "1: d, 3 bytes, last"])
    }

    @Test func olderServersAnswerMGETForStringsThatNeverDie() throws {
        var lane = LaneTranscript(.relative)
        lane.submit(["a", "b", "c"], ticket: 1)
        #expect(lane.takeToSource() == "PTTL a\nPTTL b\nPTTL c\nMGET a b c")
        try lane.source(":-1\r\n:1000\r\n:-2\r\n*3\r\n$1\r\nA\r\n$1\r\nB\r\n$-1\r\n")
        #expect(lane.takeToTarget() == "SET a A\nUNLINK c")
        #expect(lane.takeToSource() == "TIME\nPTTL b\nTIME\nDUMP b")
    }

    /// Where few of a tenant's keys are strings, asking for strings first would ask for most keys twice.
    @Test func aTenantOfOtherTypesIsReadByDump() throws {
        var lane = LaneTranscript()
        var modes: [Bool] = []
        for ticket in 1...8 {
            lane.submit(["k"], ticket: ticket)
            let asked = lane.takeToSource()
            modes.append(asked.contains("MGET"))
            if asked.contains("MGET") { try lane.source(":-1\r\n*1\r\n$-1\r\n") }
            try lane.source(":-1\r\n$1\r\nK\r\n")
            try lane.target("+OK\r\n")
            _ = lane.takeToSource()
        }
        #expect(modes.first == true && modes.last == false)
        #expect(lane.takeDone().filter { $0.hasSuffix("last") }.count == 8)
    }

    @Test func batchesAreDoneInTheirOrderWhateverComesFirst() throws {
        var lane = LaneTranscript()
        lane.submit(["a"], ticket: 1, touched: true)
        lane.submit(["a"], ticket: 2, touched: true)
        #expect(lane.machine.batchesInFlight == 2)
        try lane.source(":-1\r\n$1\r\n1\r\n:-1\r\n$1\r\n2\r\n")
        #expect(lane.takeToTarget() == "RESTORE a 0 1 REPLACE ABSTTL\nRESTORE a 0 2 REPLACE ABSTTL")
        try lane.target("+OK\r\n")
        #expect(lane.takeDone() == ["1: a, 3 bytes, last"])
        try lane.target("+OK\r\n")
        #expect(lane.takeDone() == ["2: a, 3 bytes, last"])
    }
}

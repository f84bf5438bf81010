import MigrationCore
import NIOCore
import RESP
import RedisClient
import Testing

@testable import MigrationEngine

/// What is asked of the source waits in its output buffer: never more than there is room for.
@Suite struct LaneBoundsTests {
    @Test func aBatchOfKnownSizesIsAskedForInChunks() throws {
        var lane = LaneTranscript(bigValueBytes: 1000)
        lane.bound(waiting: 100, chunk: 50)
        lane.submit(["a", "b", "c", "d"], ticket: 1, touched: true)
        _ = lane.takeToSource()
        try lane.source(":30\r\n:20\r\n:40\r\n:200\r\n")
        // 50 and 40 bytes; the large one goes alone.
        #expect(lane.takeToSource() == Self.dumps("a", "b", "c"))
        try lane.source(":-1\r\n$1\r\nA\r\n:-1\r\n$1\r\nB\r\n")
        #expect(lane.takeToSource() == "")
        try lane.source(":-1\r\n$1\r\nC\r\n")
        #expect(lane.takeToSource() == Self.dumps("d"))
        try lane.source(":-1\r\n$1\r\nD\r\n")
        try lane.target("+OK\r\n+OK\r\n+OK\r\n+OK\r\n")
        #expect(lane.takeDone().last == "1: d, 3 bytes, last")
        #expect(lane.machine.batchesInFlight == 0 && lane.machine.waitingBytes == 0)
    }

    /// The order of reads is that of writes, also of a key that is in both batches.
    @Test func laterBatchesWaitBehindEarlierOnes() throws {
        var lane = LaneTranscript(bigValueBytes: 1000)
        lane.bound(waiting: 60, chunk: 60)
        lane.submit(["a"], ticket: 1, touched: true)
        lane.submit(["b"], ticket: 2, touched: true)
        lane.submit(["a"], ticket: 3, touched: true)
        _ = lane.takeToSource()
        try lane.source(":60\r\n:50\r\n:5\r\n")
        #expect(lane.takeToSource() == Self.dumps("a"))
        try lane.source(":-1\r\n$1\r\nA\r\n")
        #expect(lane.takeToSource() == Self.dumps("b", "a"))
    }

    /// Without sizes the last values say what the next ones may take.
    @Test func unknownSizesAreReckoned() throws {
        var lane = LaneTranscript()
        lane.bound(waiting: 10_000, chunk: 10_000)
        lane.submit(["a"], ticket: 1, touched: true)
        lane.submit(["b"], ticket: 2, touched: true)
        #expect(lane.takeToSource() == Self.dumps("a", "b"))
        lane.submit(["c"], ticket: 3, touched: true)
        #expect(lane.takeToSource() == "", "three of 4 KB each are too much")
        try lane.source(":-1\r\n$1\r\nA\r\n")
        #expect(lane.takeToSource() == Self.dumps("c"))
    }

    @Test func aValueThatWasUnderWayIsNamed() throws {
        var lane = LaneTranscript(bigValueBytes: 1000)
        lane.bound(waiting: 10, chunk: 10)
        lane.submit(["a", "b"], ticket: 1, touched: true)
        #expect(lane.machine.keyUnderWay(toTarget: false) == nil)
        try lane.source(":60\r\n:60\r\n")
        #expect(lane.machine.keyUnderWay(toTarget: false)?.key == "a")
        #expect(lane.machine.waitingBytes == 60)
        try lane.source(":-1\r\n$9\r\nAAA")
        #expect(lane.machine.keyUnderWay(toTarget: true)?.key == "a")
        #expect(lane.machine.payloadUnderWay >= 9)
    }

    /// Its answer never reaches the lane, in whatever pieces it comes.
    @Test func answersToPingsAreTakenOff() {
        var pulse = LanePulse(ConnectionPulse())
        let late = NIODeadline.now() + .seconds(60)
        #expect(pulse.question(isIdle: false, at: late) == nil)
        #expect(pulse.question(isIdle: true, at: late) == nil, "it was in use just now")
        #expect(pulse.question(isIdle: true, at: late + .seconds(60)) != nil)
        #expect(pulse.question(isIdle: true, at: late + .seconds(120)) == nil, "one is enough")
        var (first, second) = (ByteBuffer(string: "-NOPERM this"), ByteBuffer(string: " user\r\n+OK\r\n"))
        pulse.strip(&first)
        pulse.strip(&second)
        #expect(first.readableBytes == 0)
        #expect(String(buffer: second) == "+OK\r\n")
    }

    @Test func aPulseBeatsThriceWithinAnIdleLimit() {
        let pulse = ConnectionPulse()
        #expect(pulse.interval == .seconds(20))
        for (seconds, milliseconds) in [(1, 333), (30, 10_000), (3600, 20_000)] {
            pulse.note(idleSeconds: seconds)
            #expect(pulse.interval == .milliseconds(Int64(milliseconds)))
        }
        pulse.note(idleSeconds: nil)
        #expect(pulse.interval == .seconds(20))
    }

    private static func dumps(_ keys: String...) -> String {
        keys.map { "PEXPIRETIME \($0)\nDUMP \($0)" }.joined(separator: "\n")
    }
}

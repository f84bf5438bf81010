import MigrationCore
import MigrationTestSupport
import RESP
import Testing

@testable import MigrationEngine

/// Answers that end a lane: with a reason, never with a trap.
@Suite struct LaneFailureTests {
    @Test func anErrorOfTheTargetNamesTheKey() throws {
        var lane = LaneTranscript()
        lane.submit(["a", "b"], ticket: 1, database: 3)
        try lane.source("+OK\r\n:-1\r\n:-1\r\n*2\r\n$1\r\n1\r\n$1\r\n2\r\n")
        let failure = #expect(throws: LaneFailure.self) {
            try lane.target("+OK\r\n+OK\r\n-OOM command not allowed\r\n")
        }
        #expect(failure == .target(reply: "OOM command not allowed", database: 3, key: "b"))
    }

    @Test func anErrorOfSELECTNamesTheDatabaseAlone() throws {
        var lane = LaneTranscript()
        lane.submit(["a"], ticket: 1, database: 16)
        try lane.source("+OK\r\n:-1\r\n*1\r\n$1\r\n1\r\n")
        let failure = #expect(throws: LaneFailure.self) { try lane.target("-ERR DB index is out of range\r\n") }
        #expect(failure == .target(reply: "ERR DB index is out of range", database: 16, key: nil))
    }

    /// Also while the value is still coming: RESTORE is refused as soon as its key is known to be another's.
    @Test func theTargetMayAnswerBeforeABatchIsWhole() throws {
        var lane = LaneTranscript()
        lane.submit(["a", "b"], ticket: 1, touched: true)
        try lane.source(":-1\r\n$1\r\n1\r\n:-1\r\n$4\r\nxx")
        try lane.target("+OK\r\n")
        let failure = #expect(throws: LaneFailure.self) { try lane.target("-BUSYKEY\r\n") }
        #expect(failure == .target(reply: "BUSYKEY", database: 0, key: "b"))
    }

    @Test(
        arguments: [
            ("-NOPERM no\r\n", nil), ("+OK\r\n-NOPERM no\r\n", "a"), ("+OK\r\n:-1\r\n-NOPERM no\r\n", "b"),
            ("+OK\r\n:-1\r\n:-1\r\n-NOPERM no\r\n", nil), ("+OK\r\n:-1\r\n:-1\r\n*2\r\n$1\r\n1\r\n-NOPERM no\r\n", "b"),
        ] as [(String, ByteString?)]
    )
    func anErrorOfTheSourceNamesTheKey(replies: String, key: ByteString?) {
        for pieces in Pieces.everyWay(of: Array(replies.utf8)) {
            var lane = LaneTranscript()
            lane.submit(["a", "b"], ticket: 1, database: 3)
            let failure = LaneFailure.source(reply: "NOPERM no", database: 3, key: key)
            #expect(throws: failure) { try lane.source(pieces) }
        }
    }

    @Test(arguments: ["-NOPERM no\r\n", "*2\r\n$1\r\n1\r\n$1\r\n0\r\n-NOPERM no\r\n"])
    func anOlderSourcesErrorNamesItToo(replies: String) {
        var lane = LaneTranscript(.relative)
        lane.submit(["a"], ticket: 1, touched: true)
        #expect(throws: LaneFailure.source(reply: "NOPERM no", database: 0, key: "a")) { try lane.source(replies) }
    }

    @Test(arguments: [
        "HTTP/1.1 400\r\n", "+OK\r\n", "$1\r\n1\r\n", ":-1\r\n:-1\r\n*1\r\n", ":-1\r\n:-1\r\n*3\r\n",
        ":-1\r\n:-1\r\n*-1\r\n", ":-1\r\n:-1\r\n*2\r\n:1\r\n", ":-1\r\n:-1\r\n*2\r\n*0\r\n",
        ":-1\r\n:-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n:0\r\n", ":99999999999999999999\r\n",
        ":-1\r\n:-1\r\n*2\r\n$1\r\nab\r\n", ":-1\r\n:-1\r\n*2\r\n$3\r\nab\r\n$",
    ])
    func aSourceThatAnswersAnythingElseIsNone(replies: String) {
        for pieces in Pieces.everyWay(of: Array(replies.utf8)) {
            var lane = LaneTranscript()
            lane.submit(["a", "b"], ticket: 1)
            #expect(throws: LaneFailure.sourceNotRESP) { try lane.source(pieces) }
        }
    }

    @Test(arguments: [
        "*3\r\n", "*2\r\n$-1\r\n", "*2\r\n:1\r\n", "*2\r\n$0\r\n", "*2\r\n$1\r\nx\r\n", "+1700000000\r\n",
        "*2\r\n$19\r\n9223372036854775807\r\n", "*2\r\n$17179869184\r\n",
    ])
    func aClockThatIsNoneIsNotBelieved(reply: String) {
        var lane = LaneTranscript(.relative)
        lane.submit(["a"], ticket: 1, touched: true)
        #expect(throws: LaneFailure.sourceNotRESP) { try lane.source(reply + "$1\r\n1\r\n") }
    }

    /// The target would take what came by then for the whole value: it does not look at the bytes behind it.
    @Test(arguments: ["$3\r\nabcd\r\n", "$5\r\nabcd\r\n:"])
    func aValueOfAnotherLengthIsNotStored(reply: String) {
        for pieces in Pieces.everyWay(of: Array(":-1\r\n\(reply)".utf8)) {
            var lane = LaneTranscript()
            lane.submit(["a"], ticket: 1, touched: true)
            #expect(throws: LaneFailure.sourceNotRESP) { try lane.source(pieces) }
            #expect(!lane.takeToTarget().contains("ABSTTL"))
        }
    }

    @Test func anExpiryBeyondAllTimeIsNoTrap() throws {
        var lane = LaneTranscript(.relative)
        lane.submit(["a"], ticket: 1, touched: true)
        let time = "*2\r\n$15\r\n999999999999999\r\n$1\r\n1\r\n"
        try lane.source(time + ":9223372036854775807\r\n" + time + "$1\r\nA\r\n")
        #expect(lane.takeToTarget() == "RESTORE a 9223372036854775807 A REPLACE ABSTTL")
    }

    @Test func nobodyAnswersUnasked() throws {
        var lane = LaneTranscript()
        #expect(throws: LaneFailure.sourceNotRESP) { try lane.source(":1\r\n") }
        #expect(throws: LaneFailure.targetNotRESP) { try lane.target("+OK\r\n") }
        lane = LaneTranscript()
        lane.submit(["a"], ticket: 1, touched: true)
        try lane.source(":-1\r\n$1\r\n1\r\n")
        try lane.target("+OK\r\n")
        #expect(throws: LaneFailure.targetNotRESP) { try lane.target("+OK\r\n") }
        #expect(throws: LaneFailure.sourceNotRESP) { try lane.source("+OK\r\n") }
    }

    @Test(arguments: ["$2\r\nOK\r\n", "*0\r\n", "_\r\n", "HTTP/1.1 400\r\n"])
    func aTargetThatAnswersAnythingElseIsNone(reply: String) throws {
        var lane = LaneTranscript()
        lane.submit(["a"], ticket: 1, touched: true)
        try lane.source(":-1\r\n$1\r\n1\r\n")
        #expect(throws: LaneFailure.targetNotRESP) { try lane.target(reply) }
    }

    /// Whatever comes from either side, an outcome and no trap.
    @Test(arguments: 0..<6)
    func noiseIsNoTrap(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        let words = [
            ":-1\r\n", ":-2\r\n", ":5\r\n", "$1\r\na\r\n", "$-1\r\n", "*2\r\n", "+OK\r\n", "-ERR\r\n", "_\r\n",
            "$9\r\n",
            "*2\r\n$1\r\n1\r\n$1\r\n1\r\n", "x", "\r\n",
        ]
        for _ in 0..<2000 {
            var lane = LaneTranscript(generator.chance(1, in: 2) ? .absolute : .relative)
            lane.submit(["a", "b"], ticket: 1, touched: generator.chance(1, in: 2))
            lane.submit(["c"], ticket: 2, database: 1)
            do {
                for _ in 0..<generator.below(30) {
                    if generator.chance(2, in: 3) {
                        try lane.source(generator.pick(words))
                    } else {
                        try lane.target(generator.pick(["+OK\r\n", ":1\r\n", "+O", "K\r\n"]))
                    }
                }
            } catch {
                #expect(error != .disconnected(server: "", key: nil))
            }
            #expect(lane.machine.batchesInFlight <= 2)
        }
    }
}

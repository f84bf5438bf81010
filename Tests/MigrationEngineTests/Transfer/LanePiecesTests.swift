import MigrationCore
import MigrationTestSupport
import NIOCore
import RESP
import Testing

@testable import MigrationEngine

/// However a socket cuts the answers, the target is given the same bytes and the same keys are done.
@Suite struct LanePiecesTests {
    struct Script: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var query = ExpiryQuery.absolute
        var touched = false
        var source: [String]
        var target: String
    }

    private static let time = "*2\r\n$10\r\n1700000000\r\n$6\r\n123999\r\n"

    static let scripts = [
        Script(
            testDescription: "strings and a follow-up",
            source: [
                ":-1\r\n:1700000000123\r\n:-2\r\n:-1\r\n*4\r\n$5\r\n\r\n\r\n$\r\n$3\r\nabc\r\n$-1\r\n$-1\r\n",
                ":-1\r\n$4\r\n\r\n:1\r\n",
            ],
            target: "+OK\r\n+OK\r\n:0\r\n+OK\r\n"
        ),
        Script(
            testDescription: "dump",
            touched: true,
            source: [":-1\r\n$0\r\n\r\n:77\r\n$8\r\n-ERR a\r\n\r\n:-2\r\n$-1\r\n:-1\r\n_\r\n"],
            target: "+OK\r\n+OK\r\n:1\r\n:0\r\n"
        ),
        Script(
            testDescription: "an older server",
            query: .relative,
            touched: true,
            source: [
                time + ":-1\r\n" + time + "$1\r\nA\r\n" + time + ":5\r\n" + time + "$2\r\n\r\n\r\n"
                    + time + ":-2\r\n" + time + "$-1\r\n" + time + ":0\r\n" + time + "$1\r\nD\r\n"
            ],
            target: "+OK\r\n+OK\r\n:0\r\n+OK\r\n"
        ),
    ]

    private func run(_ script: Script, _ pieces: [[UInt8]], target: [[UInt8]]) throws -> LaneTranscript {
        var lane = LaneTranscript(script.query)
        lane.submit(["a", "bb", "", "d"], ticket: 1, touched: script.touched)
        try lane.source(pieces)
        try lane.target(target)
        return lane
    }

    @Test(arguments: scripts)
    func theOutcomeIsTheSame(script: Script) throws {
        let source = Array(script.source.joined().utf8)
        let target = Array(script.target.utf8)
        // A follow-up is asked for once the first answers are there.
        let expected = try run(script, script.source.map { Array($0.utf8) }, target: [target])
        #expect(expected.done.last?.hasSuffix("last") == true)
        for pieces in Pieces.everyWay(of: source) {
            let lane = try run(script, pieces, target: [target])
            #expect(lane.toTarget == expected.toTarget && lane.toSource == expected.toSource, "\(pieces)")
            #expect(lane.done == expected.done)
        }
        for pieces in Pieces.everyWay(of: target) {
            #expect(try run(script, [source], target: pieces).done == expected.done)
        }
    }

    /// A payload passes through: what the machine holds of it is never more than came at once.
    @Test func aHugeValueIsNeverHeld() throws {
        var machine = LaneMachine(expiryQuery: .absolute)
        var batch = KeyBatch(database: 0, origin: .touched(firstTick: 1))
        Array("$1\r\nk\r\n".utf8).withUnsafeBytes { batch.append(bulk: $0, hash: KeyHash(value: 1)) }
        machine.submit(batch, ticket: 1)
        let size = 256 << 20
        let piece = ByteBuffer(repeating: 0x61, count: 1 << 16)
        try machine.sourceBytes(ByteBuffer(string: ":-1\r\n$\(size)\r\n"))
        _ = machine.takeTargetOut()
        for _ in 0..<(size / piece.readableBytes) {
            try machine.sourceBytes(piece)
            #expect(machine.takeTargetOut()?.readableBytes == piece.readableBytes)
            #expect(machine.input.readableBytes == 0)
        }
        try machine.sourceBytes(ByteBuffer(string: "\r\n"))
        #expect(machine.takeTargetOut().map { String(buffer: $0) } == "\r\n$7\r\nREPLACE\r\n$6\r\nABSTTL\r\n")
    }
}

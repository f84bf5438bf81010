import MigrationTestSupport
import RESP
import Testing

@testable import MigrationEngine

@Suite struct ReplicationPreambleTests {
    private static let mark = "0123456789abcdef0123456789abcdef01234567"
    private static let id = String(repeating: "8f", count: 20)

    /// What the preamble made of the bytes, and what it left for the stream.
    struct Outcome: Equatable {
        var answer: ReplicationPreamble.Answer?
        var discarded = 0
        var rest: [UInt8] = []
        var error: RESPError?

        init(_ pieces: [[UInt8]]) {
            var preamble = ReplicationPreamble()
            do throws(RESPError) {
                for piece in pieces {
                    let used = try piece.span.bytes.withUnsafeBytes { (bytes) throws(RESPError) in
                        preamble.isInStream ? 0 : try preamble.consume(bytes)
                    }
                    rest += piece[used...]
                }
            } catch {
                self.error = error
            }
            answer = preamble.answer
            discarded = preamble.discarded
            if !preamble.isInStream { rest = [] }
        }
    }

    private func expect(
        _ text: String,
        _ answer: ReplicationPreamble.Answer,
        discarded: Int = 0,
        rest: String = "*1\r\n$4\r\nPING\r\n"
    ) {
        for pieces in Pieces.everyWay(of: Array((text + rest).utf8)) {
            let outcome = Outcome(pieces)
            #expect(outcome.answer == answer && outcome.error == nil, "\(pieces)")
            #expect(outcome.discarded == discarded)
            #expect(outcome.rest == Array(rest.utf8))
        }
    }

    @Test(arguments: ["", "\n", "\n\n\n", "\r\n"])
    func newlinesMayComeFirst(newlines: String) {
        expect("\(newlines)+CONTINUE\r\n", .continued(replicationID: nil))
        expect("\(newlines)+CONTINUE \(Self.id)\r\n", .continued(replicationID: Self.id))
        expect(
            "\(newlines)+FULLRESYNC \(Self.id) 1234\r\n\(newlines)$3\r\nRDB",
            .full(replicationID: Self.id, offset: 1234),
            discarded: 3
        )
    }

    @Test func aCountedPayloadIsThrownAway() {
        let rdb = "REDIS0011\r\n$5\r\n+CONTINUE\r\n"
        expect(
            "+FULLRESYNC \(Self.id) 0\r\n$\(rdb.utf8.count)\r\n\(rdb)",
            .full(replicationID: Self.id, offset: 0),
            discarded: rdb.utf8.count
        )
        expect("+FULLRESYNC \(Self.id) 0\r\n$0\r\n", .full(replicationID: Self.id, offset: 0))
    }

    /// The mark is looked for across pieces; what only begins like it is data.
    @Test(arguments: [
        "", "R", "REDIS0011 and more", String(mark.prefix(39)), String(mark.prefix(20) + mark.dropLast(1)),
    ])
    func aMarkedPayloadIsThrownAway(rdb: String) {
        expect(
            "+FULLRESYNC \(Self.id) 7\r\n$EOF:\(Self.mark)\r\n\(rdb)\(Self.mark)",
            .full(replicationID: Self.id, offset: 7),
            discarded: rdb.utf8.count + 40
        )
    }

    @Test func aLongPayloadInRandomPieces() {
        var generator = SplitMix64(seed: 3)
        let rdb = generator.bytes(100_000)
        let head = Array("+FULLRESYNC \(Self.id) 7\r\n$EOF:\(Self.mark)\r\n".utf8)
        let bytes = head + rdb + Array(Self.mark.utf8) + Array("rest".utf8)
        for longest in [7, 39, 41, 5000] {
            let outcome = Outcome(Pieces.random(of: bytes, longest: longest, using: &generator))
            #expect(outcome.discarded == rdb.count + 40)
            #expect(outcome.rest == Array("rest".utf8))
        }
    }

    @Test func aRefusalIsInThePrimarysWords() {
        expect("-NOMASTERLINK Can't SYNC\r\n", .refused("NOMASTERLINK Can't SYNC"), rest: "")
        expect("\n-LOADING\r\n", .refused("LOADING"), rest: "")
    }

    @Test(arguments: [
        ("HELLO\r\n", RESPError.malformedLine),
        ("+FULLRESYNC\r\n", .malformedLine),
        ("+FULLRESYNC 8f8f x\r\n", .malformedLine),
        ("+FULLRESYNC 8f8f 1 2\r\n", .malformedLine),
        ("+FULLRESYNC 8f8f 1\r\n+OK\r\n", .malformedLine),
        ("+FULLRESYNC 8f8f 1\r\n$-1\r\n", .malformedNumber),
        ("+FULLRESYNC 8f8f 1\r\n$x\r\n", .malformedNumber),
        ("+FULLRESYNC 8f8f 1\r\n$EOF:short\r\n", .malformedLine),
        (String(repeating: "a", count: 1025), .tooLong(1025)),
    ])
    func whatIsNoPreambleIsRefused(text: String, error: RESPError) {
        for pieces in [[Array(text.utf8)], text.utf8.map { [$0] }] {
            #expect(Outcome(pieces).error == error)
        }
    }
}

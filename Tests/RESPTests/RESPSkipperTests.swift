import MigrationTestSupport
import RESP
import Testing

/// Finds the end of replies without building them: exactly where the decoder finds it.
@Suite struct RESPSkipperTests {
    private func end(of replies: Int, in wire: [UInt8], pieces: [[UInt8]]) throws -> Int? {
        var skipper = RESPSkipper(replies: replies)
        var bytes: [UInt8] = []
        for (index, piece) in pieces.enumerated() {
            bytes += piece
            let end = try bytes.span.bytes.withUnsafeBytes { try skipper.end(in: $0) }
            if let end {
                #expect(end <= bytes.count && (index == pieces.count - 1 || end < wire.count))
                return end
            }
        }
        return nil
    }

    @Test(arguments: RESPDecoderTests.resp2 + RESPDecoderTests.resp3.filter { !$0.0.hasPrefix(">") })
    func anyPiecesGiveTheSameEnd(wire: String, value: RESPValue) throws {
        let bytes = Array(wire.utf8)
        for pieces in Pieces.everyWay(of: bytes) { #expect(try end(of: 1, in: bytes, pieces: pieces) == bytes.count) }
        #expect(try end(of: 1, in: bytes, pieces: [Array(bytes.dropLast())]) == nil)
        #expect(try end(of: 1, in: bytes + [0x2B], pieces: [bytes + [0x2B]]) == bytes.count)
    }

    /// Nothing may ever come to fill it.
    @Test func aLengthThatIsTooLongIsNoticedAtOnce() {
        let wire = Array("$3\r\nab\r\n".utf8)
        for pieces in Pieces.everyWay(of: wire) {
            #expect(throws: RESPError.missingTerminator) { try end(of: 1, in: wire, pieces: pieces) }
        }
    }

    @Test func manyRepliesAreCounted() throws {
        let all = (RESPDecoderTests.resp2 + RESPDecoderTests.resp3).filter { !$0.0.hasPrefix(">") }
        let wire = all.flatMap { Array($0.0.utf8) }
        for count in 0...all.count {
            let expected = all[..<count].reduce(0) { $0 + $1.0.utf8.count }
            #expect(try end(of: count, in: wire, pieces: [wire]) == expected)
        }
        #expect(try end(of: all.count + 1, in: wire, pieces: [wire]) == nil)
    }

    @Test func aPushAnswersNothing() throws {
        let wire = Array(">2\r\n+invalidate\r\n*1\r\n+k\r\n:1\r\n".utf8)
        for pieces in Pieces.everyWay(of: wire) { #expect(try end(of: 1, in: wire, pieces: pieces) == wire.count) }
    }

    @Test(arguments: 0..<4)
    func agreesWithTheDecoderOnNoise(seed: Int) {
        var generator = SplitMix64(seed: 200 + UInt64(seed))
        let alphabet = Array("+-:$*_,#!=%~|0123456789\r\n\r\n\r\n".utf8)
        for _ in 0..<1000 {
            let bytes = (0..<(1 + generator.below(40))).map { _ in generator.pick(alphabet) }
            let decoded = DecodedReplies([bytes])
            var skipper = RESPSkipper(replies: decoded.values.count)
            let end = bytes.span.bytes.withUnsafeBytes { try? skipper.end(in: $0) }
            #expect(end != nil && end ?? 0 <= bytes.count, "\(ByteString(bytes))")
        }
    }
}

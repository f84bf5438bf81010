import MigrationTestSupport
import RESP
import Testing

/// Bytes of a broken or hostile peer: never a trap, and the same outcome in whatever pieces they come.
@Suite struct RESPFuzzTests {
    /// Bytes that mean something to a decoder come more often than in noise.
    private static let alphabet = Array("+-:$*_,#!=(%~|>0123456789\r\n\r\n\r\n".utf8)

    @Test(arguments: 0..<8)
    func noiseIsAnsweredAlikeInAnyPieces(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        for _ in 0..<500 {
            let length = 1 + generator.below(64)
            let bytes = (0..<length).map { _ in
                generator.chance(1, in: 8) ? UInt8(generator.below(256)) : generator.pick(Self.alphabet)
            }
            expectSameOutcome(bytes, &generator)
        }
    }

    @Test(arguments: 0..<8)
    func damagedRepliesAreAnsweredAlikeInAnyPieces(seed: Int) {
        var generator = SplitMix64(seed: 100 + UInt64(seed))
        let replies = (RESPDecoderTests.resp2 + RESPDecoderTests.resp3).map { Array($0.0.utf8) }
        for _ in 0..<500 {
            var bytes = (0..<4).flatMap { _ in generator.pick(replies) }
            for _ in 0...generator.below(3) { damage(&bytes, &generator) }
            expectSameOutcome(bytes, &generator)
        }
    }

    private func damage(_ bytes: inout [UInt8], _ generator: inout SplitMix64) {
        let place = generator.below(bytes.count)
        switch generator.below(3) {
        case 0: bytes[place] = generator.pick(Self.alphabet)
        case 1: bytes.insert(generator.pick(Self.alphabet), at: place)
        default: if bytes.count > 1 { bytes.remove(at: place) }
        }
    }

    private func expectSameOutcome(_ bytes: [UInt8], _ generator: inout SplitMix64) {
        let whole = DecodedReplies([bytes])
        let drops = DecodedReplies(bytes.map { [$0] })
        let pieces = DecodedReplies(Pieces.random(of: bytes, longest: 9, using: &generator))
        #expect(whole == drops && whole == pieces, "\(ByteString(bytes))")
    }
}

import MigrationTestSupport
import RESP
import Testing

@testable import MigrationCore

@Suite struct PositionLedgerTests {
    private static let shards: [ShardID] = ["a", "b", "c"]

    private func position(_ offset: Int, shard: Int = 0) -> FeedPosition {
        FeedPosition(replicationID: "shard\(shard)", offset: offset, database: 0)
    }

    @Test func aPositionIsSafeOnceItsTickIsWritten() {
        var ledger = PositionLedger()
        ledger.advance(writtenBefore: 100)
        #expect(ledger.safe.isEmpty)
        ledger.mark(tick: 1, shard: .standalone, position: position(10))
        ledger.mark(tick: 2, shard: .standalone, position: position(20))
        ledger.advance(writtenBefore: 1)
        #expect(ledger.safe.isEmpty)
        ledger.advance(writtenBefore: 2)
        #expect(ledger.safe == [.standalone: position(10)])
        ledger.advance(writtenBefore: 3)
        #expect(ledger.safe == [.standalone: position(20)])
    }

    @Test func aTicksLastPositionCounts() {
        var ledger = PositionLedger()
        for offset in [10, 20, 30] { ledger.mark(tick: 1, shard: .standalone, position: position(offset)) }
        ledger.advance(writtenBefore: 2)
        #expect(ledger.safe == [.standalone: position(30)])
    }

    /// The exact answer beside it, for several shards: never ahead of it, and behind only where marks were thinned.
    @Test(arguments: [3000, 40_000])
    func neverSaysSafeTooEarly(steps: Int) {
        var generator = SplitMix64(seed: UInt64(steps))
        var ledger = PositionLedger()
        var marks: [(tick: Int, shard: Int, offset: Int)] = []
        var offsets = [0, 0, 0]
        var tick = 0
        var written = 0
        for step in 0..<steps {
            if generator.chance(3, in: 4) { tick += 1 }
            let shard = generator.below(3)
            offsets[shard] += 1 + generator.below(100)
            ledger.mark(tick: tick, shard: Self.shards[shard], position: position(offsets[shard], shard: shard))
            marks.append((tick, shard, offsets[shard]))
            guard step % 500 == 499 else { continue }
            written = max(written, tick - generator.below(20_000))
            ledger.advance(writtenBefore: written)
            for shard in 0..<3 {
                let exact = marks.last { $0.shard == shard && $0.tick < written }?.offset
                let found = ledger.safe[Self.shards[shard]]?.offset
                #expect((found ?? 0) <= (exact ?? 0))
                if steps <= 4096 { #expect(found == exact) }
            }
        }
        ledger.advance(writtenBefore: tick + 1)
        for shard in 0..<3 {
            #expect(ledger.safe[Self.shards[shard]] == position(offsets[shard], shard: shard))
        }
        #expect(ledger.safe.shards == Set(Self.shards))
    }
}

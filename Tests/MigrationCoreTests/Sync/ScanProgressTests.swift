import MigrationTestSupport
import RESP
import Testing

@testable import MigrationCore

@Suite struct ScanProgressTests {
    @Test(arguments: [
        (UInt64(0), 0.0), (1, 0.5), (2, 0.25), (3, 0.75), (4, 0.125), (0b1011, 0.8125), (1 << 63, 0x1p-64),
    ])
    func aCursorIsAReversedFraction(cursor: UInt64, coverage: Double) {
        #expect(ScanProgress.coverage(ofCursor: cursor) == coverage)
    }

    @Test(arguments: [1, 4, 10])
    func aTableAtRestIsCoveredBucketByBucket(bits: Int) {
        var table = ScannedTable(bits: bits)
        var progress = ScanProgress(sizes: [0: 1000])
        let buckets = 1 << bits
        for bucket in 1...buckets {
            table.advance()
            progress.advance(database: 0, cursor: table.cursor, found: 1)
            #expect(progress.fraction == Double(bucket) / Double(buckets))
            #expect(progress.isDone == (bucket == buckets))
        }
        #expect(table.cursor == 0)
        #expect(progress.estimatedKeys == buckets)
    }

    /// Whatever a server's table does meanwhile, what is covered stays covered and all of it is in the end.
    @Test(arguments: 0..<20)
    func coverageOnlyGrowsWhileTheTableIsResized(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        var table = ScannedTable(bits: 4)
        var progress = ScanProgress(sizes: [0: 16])
        var covered = 0.0
        var shown = 0.0
        repeat {
            if generator.chance(1, in: 5) {
                table.resize(to: max(2, min(12, table.bits + generator.pick([-1, 1, 2]))))
            }
            table.advance()
            let now = table.cursor == 0 ? 1 : ScanProgress.coverage(ofCursor: table.cursor)
            #expect(now > covered)
            covered = now
            progress.advance(database: 0, cursor: table.cursor, found: 2)
            #expect(progress.fraction >= shown && progress.fraction <= 1)
            shown = progress.fraction
        } while table.cursor != 0
        #expect(shown == 1 && progress.isDone)
    }

    @Test func databasesCountByTheirSize() {
        var progress = ScanProgress(sizes: [0: 900, 5: 100])
        #expect(progress.fraction == 0)
        #expect(progress.estimatedKeys == 0)
        progress.advance(database: 5, cursor: 0, found: 10)
        #expect(progress.fraction == 0.1)
        #expect(progress.estimatedKeys == 100)
        #expect(!progress.isDone)
        progress.advance(database: 0, cursor: 1, found: 45)
        #expect(abs(progress.fraction - 0.55) < 1e-9)
        #expect(progress.estimatedKeys == 100)
        progress.advance(database: 0, cursor: 0, found: 45)
        #expect(progress.isDone && progress.fraction == 1)
        #expect(progress.estimatedKeys == 100)
    }

    @Test func nothingIsShownWhereNothingIsKnown() {
        let progress = ScanProgress(sizes: [:])
        #expect(progress.isDone && progress.fraction == 0 && progress.estimatedKeys == 0)
    }

    @Test func aDatabaseThatEmptiedMeanwhileStillEnds() {
        var progress = ScanProgress(sizes: [0: 0])
        #expect(!progress.isDone && progress.fraction == 0)
        progress.advance(database: 0, cursor: 0, found: 0)
        #expect(progress.isDone && progress.fraction == 1)
    }
}

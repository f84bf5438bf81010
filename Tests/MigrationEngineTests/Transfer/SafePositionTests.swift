import MigrationCore
import MigrationTestSupport
import RESP
import Testing

@testable import MigrationEngine

/// A position is safe when every key touched up to it has been written to the target, and never before.
@Suite struct SafePositionTests {
    @Test func whatTouchesNothingIsSafeAtOnce() throws {
        var stage = try QueueStage()
        #expect(stage.safeOffset == nil)
        stage.touch([])
        #expect(stage.safeOffset == 10)
    }

    @Test func aTouchIsSafeWhenItIsWritten() throws {
        var stage = try QueueStage()
        stage.touch(["a"])
        stage.touch([])
        #expect(stage.safeOffset == nil)
        let next = try #require(stage.next())
        #expect(stage.safeOffset == nil)
        stage.complete(next, isLast: false)
        // A follow-up of the batch is still under way.
        #expect(stage.safeOffset == nil)
        stage.complete(next)
        #expect(stage.safeOffset == 20)
    }

    @Test func theOldestUnwrittenTouchCounts() throws {
        var stage = try QueueStage()
        stage.touch(["a"], database: 0)
        let first = try #require(stage.next())
        stage.touch(["b"], database: 1)
        let second = try #require(stage.next())
        stage.touch(["a"], database: 0)
        stage.complete(second)
        #expect(stage.safeOffset == nil)
        stage.complete(first)
        #expect(stage.safeOffset == 20)
        stage.complete(try #require(stage.next()))
        #expect(stage.safeOffset == 30)
    }

    @Test func everyLaneCounts() throws {
        var stage = try QueueStage(parallel: 4)
        let names = (0..<50).map { "k\($0)" }
        stage.touch(names)
        var batches = (0..<4).compactMap { lane in stage.next(lane: lane).map { (lane, $0) } }
        #expect(batches.count == 4)
        while let (lane, next) = batches.popLast() {
            #expect(stage.safeOffset == nil)
            stage.complete(next, lane: lane)
        }
        #expect(stage.safeOffset == 10)
    }

    @Test func aHoldKeepsWhatComesAfterItUnsafe() throws {
        var stage = try QueueStage()
        stage.touch([])
        let hold = stage.queue.hold()
        let second = stage.queue.hold()
        stage.touch([])
        #expect(stage.safeOffset == 10)
        #expect(stage.queue.snapshot.lagKeys == 2)
        stage.queue.release(hold)
        #expect(stage.safeOffset == 10)
        stage.queue.release(second)
        #expect(stage.safeOffset == 20)
    }

    @Test func aCensusTouchesKeysWithoutAPosition() throws {
        var stage = try QueueStage()
        stage.queue.touchAll(try stage.page(["a"]), database: 0)
        stage.touch([])
        #expect(stage.safeOffset == nil)
        stage.complete(try #require(stage.next()))
        #expect(stage.safeOffset == 10)
    }

    /// Random touches, batches and answers in any order, against the plain definition.
    @Test(arguments: 0..<8)
    func isNeverSaidTooEarly(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        var stage = try QueueStage(parallel: 3, batchSize: 4)
        var unwritten: [String: Int] = [:]
        var underWay: [(lane: Int, next: (words: String, batch: KeyBatch, ticket: Int), touched: [String: Int])] = []
        for _ in 0..<3000 {
            switch generator.below(4) {
            case 0, 1:
                let names = (0..<generator.below(4)).map { _ in "k\(generator.below(30))" }
                stage.touch(names)
                for name in names where unwritten[name] == nil { unwritten[name] = stage.offset }
            case 2:
                let lane = generator.below(3)
                guard let next = stage.next(lane: lane) else { continue }
                var touched: [String: Int] = [:]
                for index in 0..<next.batch.count {
                    let name = String(next.batch.key(index).text.dropFirst(2))
                    touched[name] = unwritten.removeValue(forKey: name)
                }
                underWay.append((lane, next, touched))
            default:
                guard !underWay.isEmpty else { continue }
                let done = underWay.remove(at: generator.below(underWay.count))
                stage.complete(done.next, lane: done.lane)
            }
            let oldest = (Array(unwritten.values) + underWay.flatMap { $0.touched.values }).min() ?? .max
            #expect((stage.safeOffset ?? 0) < oldest)
        }
        for lane in 0..<3 { while let next = stage.next(lane: lane) { stage.complete(next, lane: lane) } }
        for done in underWay { stage.complete(done.next, lane: done.lane) }
        #expect(stage.safeOffset == stage.offset)
    }
}

import MigrationCore
import MigrationTestSupport
import RESP
import Synchronization
import Testing

@testable import MigrationEngine

/// Another number of lanes: no key is lost, is in two lanes at once, or is called safe too early.
@Suite(.timeLimit(.minutes(1))) struct RedistributionTests {
    private typealias Next = (words: String, batch: KeyBatch, ticket: Int)

    @Test func nothingIsGivenOutUntilAllIsAtTheTarget() throws {
        var stage = try QueueStage(parallel: 2)
        stage.touch((0..<20).map { "k\($0)" })
        let (first, second) = (try #require(stage.next(lane: 0)), try #require(stage.next(lane: 1)))
        stage.touch(["k0", "k1", "k2", "k3"])
        stage.queue.apply(try TransferUpdate(parallel: 5))
        #expect(stage.queue.needsLanes)
        #expect(!stage.queue.redistribute())
        #expect(stage.next(lane: 0) == nil && stage.next(lane: 1) == nil)
        stage.complete(first, lane: 0)
        #expect(!stage.queue.redistribute())
        stage.complete(second, lane: 1)
        #expect(stage.queue.redistribute())
        #expect(stage.queue.laneCount == 5 && !stage.queue.needsLanes)
        let names = (0..<5).flatMap { Self.names(stage.next(lane: $0)) }
        #expect(names.sorted() == ["k0", "k1", "k2", "k3"])
    }

    /// Lanes that found nothing while they were held up are called, also where the number is what it was.
    @Test(arguments: [1, 2, 3]) func theLanesAreCalled(parallel: Int) throws {
        var stage = try QueueStage(parallel: 2)
        let calls = Mutex<[Int]>([])
        for lane in 0..<2 { stage.queue.connect(lane: lane) { calls.withLock { $0.append(lane) } } }
        stage.touch((0..<20).map { "k\($0)" })
        let first = try #require(stage.next())
        stage.queue.apply(try TransferUpdate(parallel: 3))
        #expect(!stage.queue.redistribute() && stage.next(lane: 1) == nil)
        stage.queue.apply(try TransferUpdate(parallel: parallel))
        calls.withLock { $0 = [] }
        if parallel != 2 { stage.complete(first) }
        #expect(stage.queue.redistribute())
        #expect(calls.withLock { $0 } == Array(0..<min(2, parallel)))
        // One that is to be closed may still ask.
        #expect(stage.next(lane: 1) != nil || parallel == 1)
        #expect(stage.next(lane: 7) == nil)
    }

    @Test func scannedKeysMoveToo() async throws {
        let stage = try QueueStage(parallel: 4, batchSize: 10)
        let names = (0..<40).map { "s\($0)" }
        try await stage.queue.enqueue(try stage.page(names), database: 2)
        stage.queue.apply(try TransferUpdate(parallel: 1))
        #expect(stage.queue.redistribute())
        var found: [String] = []
        while let next = stage.next() {
            #expect(next.words.hasPrefix("scanned 2/") && next.batch.count <= 10)
            found += Self.names(next)
            stage.complete(next)
        }
        #expect(found.sorted() == names.sorted() && stage.queue.snapshot.isIdle)
        #expect(stage.queue.snapshot.keysAtTarget == 40)
    }

    @Test func aPausedMigrationStaysPaused() throws {
        var stage = try QueueStage(parallel: 4)
        stage.touch(["a", "b", "c"])
        stage.queue.freeze()
        stage.queue.apply(try TransferUpdate(parallel: 1))
        #expect(stage.queue.redistribute() && stage.next() == nil)
        stage.queue.thaw()
        #expect(Self.names(stage.next()).sorted() == ["a", "b", "c"])
    }

    /// The lanes broke meanwhile.
    @Test func anInterruptionEndsTheWait() throws {
        var stage = try QueueStage(parallel: 2)
        stage.touch((0..<20).map { "k\($0)" })
        _ = stage.next()
        stage.queue.apply(try TransferUpdate(parallel: 3))
        #expect(!stage.queue.redistribute())
        stage.queue.interrupt()
        #expect(stage.queue.redistribute() && stage.queue.laneCount == 3)
        let names = (0..<3).flatMap { Self.names(stage.next(lane: $0)) }
        #expect(Set(names).count == 20)
    }

    /// A batch that waits is cut to what may be taken now.
    @Test func aSmallerBatchCountsAtOnce() async throws {
        var stage = try QueueStage(batchSize: 10)
        try await stage.queue.enqueue(try stage.page((0..<20).map { "s\($0)" }), database: 0)
        stage.touch((0..<9).map { "t\($0)" })
        stage.queue.apply(try TransferUpdate(batchSize: 4))
        let sizes = (0..<20).compactMap { _ in stage.next()?.batch.count }
        #expect(sizes.allSatisfy { $0 <= 4 } && sizes.reduce(0, +) == 29, "\(sizes)")
        stage.queue.apply(try TransferUpdate(batchSize: 64))
        stage.touch((0..<100).map { "t\($0)" })
        #expect(stage.next()?.batch.count == 64)
    }

    @Test func theScansRoomFollows() async throws {
        let stage = try QueueStage(batchSize: 1)
        stage.queue.apply(try TransferUpdate(batchSize: 100))
        try await stage.queue.enqueue(try stage.page((0..<400).map { "s\($0)" }), database: 0)
        stage.queue.apply(try TransferUpdate(batchSize: 1))
        let page = try stage.page(["more"])
        let scan = Task { try await stage.queue.enqueue(page, database: 0) }
        scan.cancel()
        await #expect(throws: CancellationError.self) { try await scan.value }
    }

    /// Touches, batches, answers, broken links and changes of the number in any order, against the plain definition.
    @Test(arguments: 0..<8)
    func agreesWithThePlainDefinition(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        var stage = try QueueStage(parallel: 3, batchSize: 4)
        var unwritten: [String: Int] = [:]
        var underWay: [(lane: Int, next: Next, touched: [String: Int])] = []
        var isWaiting = false
        for _ in 0..<4000 {
            switch generator.below(6) {
            case 0, 1:
                let names = (0..<generator.below(4)).map { _ in "k\(generator.below(40))" }
                stage.touch(names)
                for name in names where unwritten[name] == nil { unwritten[name] = stage.offset }
            case 2:
                let lane = generator.below(stage.queue.laneCount)
                guard let next = stage.next(lane: lane) else { continue }
                #expect(!isWaiting)
                let names = Self.names(next)
                let others = underWay.filter { $0.lane != lane }.flatMap { Self.names($0.next) }
                #expect(Set(names).isDisjoint(with: others), "one key in two lanes")
                var touched: [String: Int] = [:]
                for name in names { touched[name] = unwritten.removeValue(forKey: name) }
                underWay.append((lane, next, touched))
            case 3, 4:
                guard !underWay.isEmpty else { continue }
                let done = underWay.remove(at: generator.below(underWay.count))
                stage.complete(done.next, lane: done.lane)
                if isWaiting { isWaiting = !stage.queue.redistribute() }
            default:
                guard generator.below(10) == 0 else { continue }
                if generator.below(4) == 0 {
                    // As `attach` does: what was under way is dirty again, and dealt out where the number has changed.
                    stage.queue.interrupt()
                    let back = underWay.flatMap(\.touched)
                    for (name, offset) in back { unwritten[name] = min(offset, unwritten[name] ?? offset) }
                    underWay = []
                    #expect(stage.queue.redistribute())
                    isWaiting = false
                    continue
                }
                stage.queue.apply(try TransferUpdate(parallel: [1, 2, 8, 64][generator.below(4)]))
                isWaiting = !stage.queue.redistribute()
            }
            let oldest = (Array(unwritten.values) + underWay.flatMap { $0.touched.values }).min() ?? .max
            #expect((stage.safeOffset ?? 0) < oldest)
        }
        for done in underWay { stage.complete(done.next, lane: done.lane) }
        #expect(stage.queue.redistribute())
        for lane in 0..<stage.queue.laneCount {
            while let next = stage.next(lane: lane) {
                for name in Self.names(next) { unwritten[name] = nil }
                stage.complete(next, lane: lane)
            }
        }
        #expect(unwritten.isEmpty, "lost: \(unwritten)")
        #expect(stage.safeOffset == stage.offset)
    }

    private static func names(_ next: Next?) -> [String] {
        guard let batch = next?.batch else { return [] }
        return (0..<batch.count).map { String(batch.key($0).text.dropFirst(2)) }
    }
}

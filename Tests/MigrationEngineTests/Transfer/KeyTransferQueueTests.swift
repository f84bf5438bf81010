import MigrationCore
import MigrationTestSupport
import RESP
import Synchronization
import Testing

@testable import MigrationEngine

@Suite struct KeyTransferQueueTests {
    @Test func scannedAndTouchedKeysTakeTurns() async throws {
        var stage = try QueueStage(batchSize: 2)
        try await stage.queue.enqueue(try stage.page(["a", "b", "c", "d", "e"]), database: 0)
        stage.touch(["v", "w", "x", "y", "z"])
        let turns = (0..<7).map { _ in stage.next()?.words }
        #expect(
            turns == [
                "touched 0/v w", "scanned 0/a b", "touched 0/x y", "scanned 0/c d", "touched 0/z", "scanned 0/e", nil,
            ]
        )
    }

    @Test func aBatchIsOfOneDatabase() async throws {
        var stage = try QueueStage()
        stage.touch(["a"], database: 0)
        stage.touch(["b"], database: 3)
        stage.touch(["c"], database: 3)
        #expect(stage.next()?.words == "touched 0/a")
        #expect(stage.next()?.words == "touched 3/b c")
        for database in [0, 3] { try await stage.queue.enqueue(try stage.page(["a"]), database: database) }
        #expect(Set([stage.next()?.words, stage.next()?.words]) == ["scanned 0/a", "scanned 3/a"])
        #expect(stage.next() == nil)
    }

    @Test func aKeyAlwaysGoesThroughTheSameLane() async throws {
        var stage = try QueueStage(parallel: 4)
        let names = (0..<200).map { "k\($0)" }
        try await stage.queue.enqueue(try stage.page(names), database: 0)
        stage.touch(names)
        var lanes: [KeyHash: Set<Int>] = [:]
        for lane in 0..<4 {
            while let next = stage.next(lane: lane) {
                for hash in next.batch.hashes { lanes[hash, default: []].insert(lane) }
            }
        }
        #expect(lanes.count == 200 && lanes.values.allSatisfy { $0.count == 1 })
        #expect(Set(lanes.values.flatMap { $0 }) == [0, 1, 2, 3])
    }

    @Test func snapshotsCountWhatWaitsAndWhatIsUnderWay() async throws {
        var stage = try QueueStage()
        try await stage.queue.enqueue(try stage.page(["a", "b", "c"]), database: 0)
        stage.touch(["x", "y"])
        stage.touch(["x"])
        var snapshot = stage.queue.snapshot
        #expect(snapshot.lagKeys == 2 && snapshot.scannedKeys == 3 && snapshot.inFlightKeys == 0)
        #expect(!snapshot.isIdle && snapshot.isSettled)
        let touched = try #require(stage.next())
        let scanned = try #require(stage.next())
        snapshot = stage.queue.snapshot
        #expect(snapshot.lagKeys == 2 && snapshot.scannedKeys == 3 && snapshot.inFlightKeys == 5)
        #expect(!snapshot.isSettled)
        stage.complete(touched, gone: 1)
        stage.complete(scanned)
        snapshot = stage.queue.snapshot
        #expect(snapshot.isIdle && snapshot.isSettled)
        #expect(snapshot.keysAtSource == 4 && snapshot.keysAtTarget == 4)
        #expect(snapshot.keysTransferred == 4 && snapshot.bytesTransferred == 400)
    }

    @Test func aKeyNamedTwiceIsOneKey() async throws {
        let stage = try QueueStage()
        try await stage.queue.enqueue(try stage.page(["a", "b"]), database: 0)
        try await stage.queue.enqueue(try stage.page(["b", "a"]), database: 0)
        while let next = stage.next() { stage.complete(next) }
        #expect(stage.queue.snapshot.keysAtTarget == 2)
    }

    @Test func theScanWaitsWhileTheLanesHaveEnough() async throws {
        let stage = try QueueStage(batchSize: 1)
        try await stage.queue.enqueue(try stage.page(["a", "b", "c", "d"]), database: 0)
        let page = try stage.page(["e"])
        let (through, said) = AsyncStream.makeStream(of: Bool.self)
        let scan = Task { [queue = stage.queue] in
            try await queue.enqueue(page, database: 0)
            said.yield(true)
        }
        try await Task.sleep(for: .milliseconds(50))
        said.yield(false)
        var order = through.makeAsyncIterator()
        #expect(await order.next() == false)
        #expect(stage.next()?.words == "scanned 0/a")
        #expect(await order.next() == true)
        try await scan.value
    }

    @Test func aWaitingScanEndsWhenItIsCancelled() async throws {
        let stage = try QueueStage(batchSize: 1)
        let page = try stage.page(["a", "b", "c", "d", "e"])
        let scan = Task { try await stage.queue.enqueue(page, database: 0) }
        scan.cancel()
        await #expect(throws: CancellationError.self) { try await scan.value }
    }

    @Test func anIdleLaneIsWokenOnce() async throws {
        var stage = try QueueStage()
        let wakes = Mutex(0)
        stage.queue.connect(lane: 0) { wakes.withLock { $0 += 1 } }
        #expect(stage.next() == nil)
        stage.touch([])
        #expect(wakes.withLock { $0 } == 0)
        stage.touch(["a"])
        stage.touch(["b"])
        try await stage.queue.enqueue(try stage.page(["c"]), database: 0)
        #expect(wakes.withLock { $0 } == 1)
        while stage.next() != nil {}
        stage.touch(["a"])
        #expect(wakes.withLock { $0 } == 2)
    }

    @Test func aFrozenQueueGivesNothingAndLosesNothing() throws {
        var stage = try QueueStage()
        let wakes = Mutex(0)
        stage.queue.connect(lane: 0) { wakes.withLock { $0 += 1 } }
        stage.touch(["a"])
        let first = try #require(stage.next())
        stage.queue.freeze()
        stage.touch(["a", "b"])
        #expect(stage.next() == nil)
        #expect(stage.queue.snapshot.inFlightKeys == 1)
        stage.complete(first)
        #expect(stage.queue.snapshot.isSettled && !stage.queue.snapshot.isIdle)
        let before = wakes.withLock { $0 }
        stage.queue.thaw()
        #expect(wakes.withLock { $0 } == before + 1)
        #expect(stage.next()?.words == "touched 0/a b")
    }
}

import MigrationCore
import RESP
import Testing

@testable import MigrationEngine

/// Big keys in the account of what is done.
@Suite struct BigValueTableTests {
    private static func name(_ name: String) -> ByteString { "t:\(name)" }
    private static func key(_ name: String) -> BigKey { BigKey(database: 0, key: Self.name(name)) }
    private static let copy = BigCopy(type: .hash, expiry: .never)

    /// The lane has found the keys of this batch to be big.
    private func find(_ next: (words: String, batch: KeyBatch, ticket: Int), in stage: QueueStage) {
        var completion = LaneMachine.Completion(ticket: next.ticket)
        completion.big = next.batch
        completion.isLast = true
        stage.queue.completed(lane: 0, [completion])
    }

    @Test func aScannedBigKeyIsCountedUntilItIsThere() async throws {
        let stage = try QueueStage()
        try await stage.queue.enqueue(try stage.page(["a"]), database: 0)
        find(try #require(stage.next()), in: stage)
        #expect(stage.queue.snapshot.scannedKeys == 1)
        #expect(stage.queue.snapshot.inFlightKeys == 0)
        let job = try #require(stage.queue.nextBig().job)
        #expect(job.key == Self.key("a"))
        #expect(job.changes.isWhole)
        #expect(stage.queue.snapshot.inFlightKeys == 1)
        #expect(stage.queue.nextBig().job == nil)
        stage.queue.bigMoved(job.key, Self.copy, bytes: 10, notBefore: nil)
        #expect(stage.queue.snapshot.isIdle)
        #expect(stage.queue.snapshot.keysAtTarget == 1)
        #expect(stage.queue.snapshot.isSettled)
    }

    @Test func aTouchIsTheMoversAndHoldsThePosition() async throws {
        var stage = try QueueStage()
        stage.touch(["a"])
        find(try #require(stage.next()), in: stage)
        #expect(stage.safeOffset == nil)
        let job = try #require(stage.queue.nextBig().job)
        stage.touch(["b"])
        stage.complete(try #require(stage.next()))
        #expect(stage.safeOffset == nil)
        stage.queue.bigMoved(job.key, Self.copy, bytes: 10, notBefore: nil)
        #expect(stage.safeOffset == 20)
        stage.touch(["a"])
        #expect(stage.next() == nil)
        #expect(stage.queue.snapshot.lagKeys == 1)
        #expect(stage.safeOffset == 20)
        // Touched while it is moved it is dirty again afterwards.
        let second = try #require(stage.queue.nextBig().job)
        stage.touch(["a"])
        stage.queue.bigMoved(second.key, Self.copy, bytes: 10, notBefore: nil)
        #expect(stage.safeOffset == 30)
        #expect(stage.queue.snapshot.lagKeys == 1)
    }

    @Test func aBatchThatMayStillWriteTheKeyIsWaitedFor() async throws {
        var stage = try QueueStage(batchSize: 1)
        stage.touch(["a"])
        let first = try #require(stage.next())
        stage.touch(["a"])
        let second = try #require(stage.next())
        find(first, in: stage)
        #expect(stage.queue.nextBig().job == nil)
        #expect(stage.queue.nextBig().waits)
        stage.complete(second)
        #expect(stage.queue.nextBig().job?.key == Self.key("a"))
    }

    @Test func keysThatWaitForTheLaneAreHandedOver() async throws {
        var stage = try QueueStage(batchSize: 2)
        stage.touch(["a"])
        let first = try #require(stage.next())
        stage.touch(["a", "b"])
        try await stage.queue.enqueue(try stage.page(["a", "c"]), database: 0)
        find(first, in: stage)
        #expect(
            [stage.next()?.words, stage.next()?.words].compactMap(\.self).sorted() == ["scanned 0/c", "touched 0/b"]
        )
    }

    @Test func aKeyThatComesBackHoldsThePositionUntilItsLaneHasWrittenIt() async throws {
        var stage = try QueueStage()
        stage.touch(["a"])
        find(try #require(stage.next()), in: stage)
        let job = try #require(stage.queue.nextBig().job)
        stage.touch(["b"])
        stage.queue.bigReturned(job.key, isIndivisible: false)
        #expect(stage.safeOffset == nil)
        let next = try #require(stage.next())
        #expect(next.words == "touched 0/b a")
        #expect(stage.safeOffset == nil)
        stage.complete(next)
        #expect(stage.safeOffset == 20)
        #expect(stage.queue.watchedKeys.isEmpty)
    }

    @Test func anIndivisibleKeyIsTheLanesWhateverItsSize() async throws {
        var stage = try QueueStage()
        stage.touch(["a"])
        find(try #require(stage.next()), in: stage)
        stage.queue.bigReturned(try #require(stage.queue.nextBig().job).key, isIndivisible: true)
        let next = try #require(stage.next())
        #expect(next.batch.indivisible == [Self.key("a").hash])
    }

    @Test func aFrozenQueueMovesNothing() async throws {
        var stage = try QueueStage()
        stage.touch(["a"])
        find(try #require(stage.next()), in: stage)
        stage.queue.freeze()
        #expect(stage.queue.nextBig().job == nil)
        stage.queue.thaw()
        #expect(stage.queue.nextBig().job != nil)
    }

    @Test func aClearedDatabaseMakesItsBigKeysDirty() async throws {
        var stage = try QueueStage()
        stage.touch(["a"])
        find(try #require(stage.next()), in: stage)
        stage.queue.bigMoved(try #require(stage.queue.nextBig().job).key, Self.copy, bytes: 1, notBefore: nil)
        var touches = Touches()
        touches.clearings.append(Touches.Clearing(database: 3, offset: 20, command: Array("FLUSHDB".utf8)))
        stage.queue.touch(touches, shard: .standalone, position: stage.position(30))
        #expect(stage.queue.nextBig().job == nil)
        touches.clearings.append(Touches.Clearing(database: 0, offset: 20, command: Array("FLUSHDB".utf8)))
        stage.queue.touch(touches, shard: .standalone, position: stage.position(40))
        #expect(stage.queue.nextBig().job?.changes.isWhole == true)
    }

    @Test func whatIsPacedWaitsUnlessItIsHurried() async throws {
        var stage = try QueueStage()
        stage.touch(["a"])
        find(try #require(stage.next()), in: stage)
        let job = try #require(stage.queue.nextBig().job)
        stage.touch(["a"])
        stage.queue.bigMoved(job.key, Self.copy, bytes: 1, notBefore: .now + .seconds(100))
        #expect(stage.queue.nextBig().waits)
        stage.queue.hurryBigValues()
        let second = try #require(stage.queue.nextBig().job)
        stage.queue.hurryBigValues(always: true)
        stage.touch(["a"])
        stage.queue.bigFailed(second.key, notBefore: .now + .seconds(100))
        #expect(stage.queue.nextBig().job?.copy == nil)
    }
}

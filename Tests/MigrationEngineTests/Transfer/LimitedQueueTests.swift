import MigrationCore
import RESP
import Synchronization
import Testing

@testable import MigrationEngine

/// Limits at the place where lanes take keys.
@Suite(.timeLimit(.minutes(1))) struct LimitedQueueTests {
    /// Lanes that take keys whenever they are called, as `Lane` does.
    private final class Lanes: Sendable {
        let queue: KeyTransferQueue
        let taken = Mutex<[Int: Int]>([:])

        init(_ queue: KeyTransferQueue) {
            self.queue = queue
            for lane in 0..<queue.laneCount { queue.connect(lane: lane) { [weak self] in self?.pump(lane) } }
        }

        var count: Int { taken.withLock { $0.values.reduce(0, +) } }

        func pump(_ lane: Int) {
            Task {
                while let next = queue.next(lane: lane) {
                    var completion = LaneMachine.Completion(ticket: next.ticket)
                    completion.present = next.batch.hashes
                    completion.isLast = true
                    taken.withLock { $0[lane, default: 0] += next.batch.count }
                    queue.completed(lane: lane, [completion])
                }
            }
        }
    }

    private static let names = (0..<600).map { "k\($0)" }

    @Test func everyLaneIsCalledWhenItsTurnHasCome() async throws {
        var stage = try QueueStage(parallel: 3)
        stage.queue.apply(try TransferUpdate(maxKeysPerSecond: 500))
        let lanes = Lanes(stage.queue)
        let begin = ContinuousClock.now
        stage.touch(Self.names)
        while lanes.count < 600 { try await Task.sleep(for: .milliseconds(2)) }
        let spent = ContinuousClock.now - begin
        #expect(spent > .milliseconds(1000) && spent < .seconds(5), "\(spent)")
        #expect(stage.queue.snapshot.isIdle && stage.safeOffset == stage.offset)
    }

    /// Who waits for tokens does not wait for those of the limit that was.
    @Test(arguments: [false, true]) func aLimitThatIsLiftedLetsAllGo(inACutover: Bool) async throws {
        var stage = try QueueStage(parallel: 3)
        stage.queue.apply(try TransferUpdate(maxKeysPerSecond: 1))
        let lanes = Lanes(stage.queue)
        stage.touch(Self.names)
        try await Task.sleep(for: .milliseconds(100))
        #expect(lanes.count <= 1)
        if inACutover {
            stage.queue.liftLimits()
        } else {
            stage.queue.apply(try TransferUpdate(maxKeysPerSecond: 0))
        }
        let begin = ContinuousClock.now
        while lanes.count < 600 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(ContinuousClock.now - begin < .seconds(20), "six hundred keys, at one a second")
        guard inACutover else { return }
        // A change of something else does not bring the limit back, the cutover's end does.
        stage.queue.apply(try TransferUpdate(batchSize: 10))
        stage.touch(Self.names)
        while lanes.count < 1200 { try await Task.sleep(for: .milliseconds(2)) }
        stage.queue.restoreLimits()
        stage.touch(Self.names)
        try await Task.sleep(for: .milliseconds(100))
        #expect(lanes.count <= 1201)
    }

    /// A long batch does not go at once, a pause holds nobody up, and nothing is lost on the way.
    @Test func scannedKeysAreCutToTheRate() async throws {
        let stage = try QueueStage(batchSize: 1000)
        try await stage.queue.enqueue(try stage.page(Self.names), database: 0)
        stage.queue.apply(try TransferUpdate(maxKeysPerSecond: 200))
        try await Task.sleep(for: .milliseconds(300))
        let first = try #require(stage.next())
        #expect(first.batch.count == 20)
        #expect(stage.next() == nil)
        stage.complete(first)
        stage.queue.freeze()
        #expect(stage.next() == nil)
        stage.queue.apply(try TransferUpdate(maxKeysPerSecond: 0))
        stage.queue.thaw()
        var count = 20
        while let next = stage.next() {
            count += next.batch.count
            stage.complete(next)
        }
        #expect(count == 600 && stage.queue.snapshot.keysAtTarget == 600)
    }
}

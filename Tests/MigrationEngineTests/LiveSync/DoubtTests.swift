import MigrationCore
import RESP
import Synchronization
import Testing

@testable import MigrationEngine

/// Databases of which nobody can tell what a command has changed there.
@Suite struct DoubtTests {
    /// A router whose rereadings are only noted.
    private final class Stage: Sendable {
        let queue: KeyTransferQueue
        let router: ChangeRouter

        init() throws {
            let queue = KeyTransferQueue(options: try TransferOptions(parallel: 1, batchSize: 10))
            self.queue = queue
            let noted = Noted()
            self.noted = noted
            router = ChangeRouter(
                queue: queue,
                cleared: { databases, isUrgent in
                    noted.words.withLock { $0.append("\(databases.sorted())\(isUrgent ? "!" : "")") }
                },
                lost: { _ in }
            )
            queue.begin(shard: .standalone, at: FeedPosition(replicationID: "8f", offset: 0, database: 0))
        }

        private final class Noted: Sendable { let words = Mutex<[String]>([]) }
        private let noted: Noted

        var words: [String] { noted.words.withLock(\.self) }
        var safe: Int? { queue.safePositions[.standalone]?.offset }

        func tell(_ database: Int, at offset: Int, isDoubt: Bool = true) {
            var touches = Touches()
            touches.clearings = [
                Touches.Clearing(database: database, offset: offset, command: Array("EVAL".utf8), isDoubt: isDoubt)
            ]
            let position = FeedPosition(replicationID: "8f", offset: offset + 10, database: 0)
            router.changed(shard: .standalone, touches, position: position)
        }

        func pass(_ offset: Int) {
            router.changed(
                shard: .standalone,
                Touches(),
                position: FeedPosition(replicationID: "8f", offset: offset, database: 0)
            )
        }
    }

    /// Who is not held by the fence would keep a cutover from its end, and is no leak by that alone.
    @Test func whatComesBehindTheBarrierWaitsForTheCutoversEnd() throws {
        let stage = try Stage()
        stage.tell(1, at: 10)
        stage.router.watch()
        stage.tell(2, at: 20)
        #expect(stage.words == ["[1]", "[2]"])
        #expect(stage.router.findings(after: [.standalone: 30]) == FenceNotes.Findings())
        stage.pass(40)
        #expect(stage.safe == 40)
        stage.tell(3, at: 40)
        stage.tell(4, at: 50)
        #expect(stage.words == ["[1]", "[2]"] && stage.queue.snapshot.isIdle)
        #expect(stage.safe == 40, "not told as safe before it was seen to")
        #expect(stage.router.findings(after: [.standalone: 30]) == FenceNotes.Findings())
        stage.router.stopWatching()
        #expect(stage.words.last == "[3, 4]")
        stage.pass(70)
        #expect(stage.safe == 70)
    }

    @Test func anEmptiedDatabaseBehindTheBarrierIsALeak() throws {
        let stage = try Stage()
        stage.router.watch()
        _ = stage.router.findings(after: [.standalone: 30])
        stage.tell(0, at: 30, isDoubt: false)
        #expect(stage.words == ["[0]!"] && stage.router.findings(after: [.standalone: 30]).writes == 1)
    }

    /// However many there are: one reading is under way, and one waits, which is safe from its first on.
    @Test func doubtsAreSeenToTogether() throws {
        let queue = KeyTransferQueue(options: try TransferOptions(parallel: 1, batchSize: 10))
        let rereading = Rereading(queue: queue)
        #expect(rereading.want([1], isUrgent: false))
        guard case .read(let first) = rereading.next() else { throw Failure() }
        #expect(first.databases == [1])
        for number in 2...50 { #expect(!rereading.want([number % 3], isUrgent: false)) }
        #expect(queue.snapshot.lagKeys == 2)
        rereading.ended(after: .seconds(60))
        queue.release(first.hold)
        guard case .wait = rereading.next() else { throw Failure() }
        rereading.hurry()
        guard case .read(let second) = rereading.next() else { throw Failure() }
        #expect(second.databases == [0, 1, 2])
        queue.release(second.hold)
        guard case .end = rereading.next() else { throw Failure() }
        #expect(queue.snapshot.isIdle)
        #expect(rereading.want([1], isUrgent: false), "somebody has to begin anew")
    }

    /// A FLUSHALL does not wait behind doubts.
    @Test func whatIsCertainIsUrgent() throws {
        let queue = KeyTransferQueue(options: try TransferOptions(parallel: 1, batchSize: 10))
        let rereading = Rereading(queue: queue)
        rereading.ended(after: .seconds(60))
        _ = rereading.want([1], isUrgent: false)
        _ = rereading.want([2], isUrgent: true)
        guard case .read(let wanted) = rereading.next() else { throw Failure() }
        #expect(wanted.databases == [1, 2])
    }

    /// Everything is read again anyway, and what comes then has a hold of its own.
    @Test func aHoldThatIsGoneIsNotJoined() throws {
        let queue = KeyTransferQueue(options: try TransferOptions(parallel: 1, batchSize: 10))
        let rereading = Rereading(queue: queue)
        _ = rereading.want([1], isUrgent: true)
        queue.forget()
        _ = rereading.want([2], isUrgent: true)
        guard case .read(let wanted) = rereading.next() else { throw Failure() }
        #expect(wanted.databases == [2] && queue.isHeld(wanted.hold))
    }

    private struct Failure: Error {}
}

import MigrationCore
import RESP
import Synchronization

/// Where the source's feeds report: touched keys go to the queue, and during a cutover each is also noted down.
final class ChangeRouter: ChangeSink {
    /// A touch as the cutover needs it.
    struct Note: Sendable {
        let shard: Int
        let database: Int
        let key: ByteString
        let command: String
        /// Bytes of the stream before the command.
        let offset: Int
        let isDeletion: Bool
    }

    private struct State {
        var notes: [Note]?
        var isSwitched = false
        var stragglers = 0
    }

    /// Notes kept of one fence; more are not needed to see that it leaks.
    private static let mostNotes = 100_000

    private let queue: KeyTransferQueue
    private let state = Mutex(State())
    private let cleared: @Sendable (_ databases: Set<Int>, _ hold: Int) -> Void
    private let lostFeed: @Sendable (_ reason: String) -> Void

    init(
        queue: KeyTransferQueue,
        cleared: @escaping @Sendable (_ databases: Set<Int>, _ hold: Int) -> Void,
        lost: @escaping @Sendable (_ reason: String) -> Void
    ) {
        self.queue = queue
        self.cleared = cleared
        lostFeed = lost
    }

    func changed(shard: Int, _ touches: Touches, position: FeedPosition) {
        guard note(touches, shard: shard) else { return }
        if !touches.cleared.isEmpty { cleared(touches.cleared, queue.hold()) }
        queue.touch(touches, shard: shard, position: position)
    }

    func lost(shard: Int, reason: String) {
        lostFeed(reason)
    }

    /// Begins to note every touch.
    func watch() {
        state.withLock { $0.notes = [] }
    }

    func stopWatching() {
        state.withLock { $0.notes = nil }
    }

    /// Touches whose command lies behind its shard's barrier.
    func notes(after barrier: [Int]) -> [Note] {
        state.withLock { $0.notes ?? [] }.filter { $0.offset >= barrier[$0.shard] }
    }

    /// From now on nothing of the source reaches the target; its writes are only counted.
    func switched() {
        state.withLock {
            $0.isSwitched = true
            $0.notes = nil
        }
    }

    var stragglers: Int { state.withLock(\.stragglers) }

    /// False once traffic is switched.
    private func note(_ touches: Touches, shard: Int) -> Bool {
        state.withLock { state in
            guard !state.isSwitched else {
                state.stragglers += touches.touches.count { !$0.isDeletion }
                return false
            }
            guard state.notes != nil else { return true }
            for index in touches.touches.indices where (state.notes?.count ?? 0) < Self.mostNotes {
                let touch = touches.touches[index]
                let note = Note(
                    shard: shard,
                    database: touch.database,
                    key: touches.key(index),
                    command: touch.commandName,
                    offset: touch.offset,
                    isDeletion: touch.isDeletion
                )
                state.notes?.append(note)
            }
            return true
        }
    }
}

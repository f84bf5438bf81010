import MigrationCore
import RESP
import Synchronization

/// Where the source's feeds report: touched keys go to the queue, and during a cutover each is also noted down.
final class ChangeRouter: ChangeSink {
    private struct State {
        var notes: FenceNotes?
        var isSwitched = false
        var stragglers = 0
        /// Of the source since the barrier of the cutover that has switched.
        var losses = Losses()
        var watches: [ChangeWatch] = []
        /// Databases in doubt since the barrier.
        var deferred: Deferred?
    }

    /// Doubts that wait for the end of a cutover.
    private struct Deferred {
        var databases: Set<Int>
        /// Keeps their positions unsafe meanwhile.
        let hold: Int
    }

    private let queue: KeyTransferQueue
    private let state = Mutex(State())
    private let cleared: @Sendable (_ databases: Set<Int>, _ isUrgent: Bool) -> Void
    private let lostFeed: @Sendable (_ reason: String) -> Void

    init(
        queue: KeyTransferQueue,
        cleared: @escaping @Sendable (_ databases: Set<Int>, _ isUrgent: Bool) -> Void,
        lost: @escaping @Sendable (_ reason: String) -> Void
    ) {
        self.queue = queue
        self.cleared = cleared
        lostFeed = lost
    }

    func changed(shard: ShardID, _ touches: Touches, position: FeedPosition) {
        guard let clearings = note(touches, shard: shard) else { return }
        if !clearings.isEmpty {
            cleared(Set(clearings.map(\.database)), clearings.contains { !$0.isDoubt })
        }
        var touches = touches
        touches.clearings = clearings
        queue.touch(touches, shard: shard, position: position)
    }

    func lost(shard: ShardID, reason: String) {
        lostFeed(reason)
    }

    /// Tells the watch every change until it is removed.
    func add(_ watch: ChangeWatch) {
        state.withLock { $0.watches.append(watch) }
    }

    func remove(_ watch: ChangeWatch) {
        state.withLock { $0.watches.removeAll { $0 === watch } }
    }

    /// Begins to note every touch. The fence goes up: what is dirty does not wait for its time any more.
    func watch() {
        state.withLock { $0.notes = FenceNotes() }
        queue.hurryBigValues(always: true)
    }

    func stopWatching() {
        let deferred = state.withLock { state in
            defer { (state.notes, state.deferred) = (nil, nil) }
            return state.deferred
        }
        queue.hurryBigValues(always: false)
        guard let deferred else { return }
        cleared(deferred.databases, false)
        queue.release(deferred.hold)
    }

    /// What came behind the barrier since `watch`.
    func findings(after barrier: ShardOffsets) -> FenceNotes.Findings {
        state.withLock { $0.notes?.findings(after: barrier) ?? FenceNotes.Findings() }
    }

    /// From now on nothing of the source reaches the target; its writes are only counted. What came after the last look
    /// at the findings came too late for the switch.
    func switched() {
        state.withLock {
            $0.isSwitched = true
            $0.stragglers = $0.notes?.writes ?? 0
            $0.losses = Losses(taken: $0.notes?.taken ?? [], deletions: $0.notes?.deletions ?? 0)
            $0.notes = nil
        }
    }

    var stragglers: Int { state.withLock(\.stragglers) }

    /// What went at the source since the barrier.
    struct Losses {
        var taken: Set<KeyHash> = []
        /// Those that the feed cannot tell from a client's.
        var deletions = 0

        mutating func add(_ touches: Touches) {
            // Valkey removes a hash whose last field has expired by two commands, and counts the field.
            var emptied: KeyHash?
            for touch in touches.touches {
                if touch.takesKey { taken.insert(touch.hash) }
                if touch.isDeletion, !(touch.takesKey && emptied == touch.hash) { deletions += 1 }
                emptied = touch.isDeletion && !touch.takesKey ? touch.hash : nil
            }
        }
    }

    var losses: Losses { state.withLock(\.losses) }

    /// The clearings that have to be seen to now; nil once traffic is switched.
    private func note(_ touches: Touches, shard: ShardID) -> [Touches.Clearing]? {
        state.withLock { state in
            guard !state.isSwitched else {
                state.stragglers += touches.touches.count(where: \.isWrite)
                state.stragglers += touches.clearings.count { !$0.isDoubt }
                state.losses.add(touches)
                return nil
            }
            state.notes?.note(touches, shard: shard)
            for watch in state.watches { watch.note(touches, shard: shard) }
            guard !touches.clearings.isEmpty, let barrier = state.notes?.barrier else { return touches.clearings }
            return touches.clearings.filter { clearing in
                // Nobody whom the fence holds can have changed anything: it would keep the queue from ever being idle.
                guard clearing.isDoubt, clearing.offset >= barrier[shard] ?? 0 else { return true }
                let hold = state.deferred?.hold ?? queue.hold(isLag: false)
                state.deferred = Deferred(
                    databases: (state.deferred?.databases ?? []).union([clearing.database]),
                    hold: hold
                )
                return false
            }
        }
    }
}

import MigrationCore
import Synchronization

/// Databases that have to be read again as a whole. One reading is under way at a time; whatever is asked for meanwhile
/// is one more behind it. What is only in doubt waits a while, so that a steady stream of doubts is no steady reading.
final class Rereading: Sendable {
    struct Wanted: Sendable {
        var databases: Set<Int>
        /// Taken when it was first asked for.
        let hold: Int
        var isUrgent: Bool
    }

    private struct State {
        var wanted: Wanted?
        var isRunning = false
        /// Before then no doubt is seen to by itself.
        var restsUntil = ContinuousClock.now
    }

    private static let shortestRest = Duration.seconds(1)

    private let queue: KeyTransferQueue
    private let state = Mutex(State())

    init(queue: KeyTransferQueue) {
        self.queue = queue
    }

    /// True where somebody has to begin with it.
    func want(_ databases: Set<Int>, isUrgent: Bool) -> Bool {
        state.withLock { state in
            if var wanted = state.wanted, queue.isHeld(wanted.hold) {
                wanted.databases.formUnion(databases)
                wanted.isUrgent = wanted.isUrgent || isUrgent
                state.wanted = wanted
            } else {
                state.wanted = Wanted(databases: databases, hold: queue.hold(), isUrgent: isUrgent)
            }
            defer { state.isRunning = true }
            return !state.isRunning
        }
    }

    /// What waits is read now: somebody waits for it.
    func hurry() {
        state.withLock { $0.wanted?.isUrgent = true }
    }

    enum Turn {
        case read(Wanted)
        case wait
        case end
    }

    /// What to do next, for the one who has begun.
    func next() -> Turn {
        state.withLock { state in
            guard let wanted = state.wanted else {
                state.isRunning = false
                return .end
            }
            guard wanted.isUrgent || ContinuousClock.now >= state.restsUntil else { return .wait }
            state.wanted = nil
            return .read(wanted)
        }
    }

    /// A reading has taken so long: a doubt waits as long again.
    func ended(after duration: Duration) {
        state.withLock { $0.restsUntil = .now + max(Self.shortestRest, duration) }
    }
}

extension Synchronizer {
    /// Sees to it that the databases are read again. Everything that is told from now on is unsafe until they are.
    func readAgain(_ databases: Set<Int>, isUrgent: Bool) {
        guard rereading.want(databases, isUrgent: isUrgent) else { return }
        Task {
            while !state.withLock(\.isClosed) {
                switch rereading.next() {
                case .read(let wanted): await read(wanted)
                case .wait: try? await Task.sleep(for: .milliseconds(20))
                case .end: return
                }
            }
        }
    }

    /// Broken connections are waited for; the hold is released when all is done, or is gone where everything is read
    /// again anyway.
    private func read(_ wanted: Rereading.Wanted) async {
        let start = ContinuousClock.now
        while queue.isHeld(wanted.hold), !state.withLock(\.isClosed) {
            do throws(MigrationFailure) {
                try await readAgain(wanted.databases)
                queue.release(wanted.hold)
                rereading.ended(after: .now - start)
                return
            } catch {
                fail(error)
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

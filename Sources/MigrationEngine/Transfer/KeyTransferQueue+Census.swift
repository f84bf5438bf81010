import MigrationCore
import RESP
import Synchronization

/// Names met at either side, compared with what the queue knows.
extension KeyTransferQueue {
    package func beginCensus() {
        state.withLock { $0.tally.forgetSeen() }
    }

    /// A name that a scan of the target had told, and that was removed before the queue heard it, would count for ever.
    func endCensus() {
        state.withLock { $0.tally.dropUnseen() }
    }

    /// Notes keys met at the target; those that the source is not known to have become dirty, and the source decides.
    func sawAtTarget(_ page: KeyPage, database: Int) {
        touch(page, database: database) { tally, hash in
            let known = tally.flags(of: hash).contains(.atSource)
            tally.set(hash, adding: known ? .seen : [.seen, .atTarget, .matched])
            return !known
        }
    }

    /// Notes keys met at the source; those that were not seen at the target become dirty.
    func sawAtSource(_ page: KeyPage, database: Int) {
        touch(page, database: database) { tally, hash in
            let flags = tally.flags(of: hash)
            if flags.contains(.seen) { tally.set(hash, adding: .matched) }
            return !flags.contains(.atSource) || !flags.contains(.seen)
        }
    }

    /// Whether keys were met at the target and not at the source, although it was believed to have them: their names
    /// have to be asked for once more.
    var hasUnmatched: Bool { state.withLock(\.tally.hasUnmatched) }

    /// Of keys met at the target once more, those that were not met at the source become dirty.
    func sawAtTargetAgain(_ page: KeyPage, database: Int) {
        touch(page, database: database) { tally, hash in tally.flags(of: hash).isDisjoint(with: .matched) }
    }

    /// Every key named here is read again.
    func touchAll(_ page: KeyPage, database: Int) {
        touch(page, database: database) { _, _ in true }
    }

    private func touch(_ page: KeyPage, database: Int, where isDirty: (inout KeyTally, KeyHash) -> Bool) {
        let wakes = state.withLock { state in
            state.tick += 1
            page.forEach(database: database) { hash, bulk in
                guard isDirty(&state.tally, hash) else { return }
                state.touch(bulk, hash, database: database, .whole)
            }
            return state.takeWakes()
        }
        for wake in wakes { wake() }
    }
}

import MigrationCore
import NIOCore
import RESP
import Synchronization

/// What becomes of the queue when connections break, and where it goes on.
extension KeyTransferQueue {
    /// The lanes are gone: what they were asked to move and what nobody knows to be at the target is to be moved again.
    /// Touched keys are dirty again; scanned ones are left to the next scan, which knows those that have arrived.
    func interrupt() {
        state.withLock { state in
            for index in state.lanes.indices {
                let unwritten = state.lanes[index].inFlight.sorted { $0.key < $1.key }.map(\.value)
                state.lanes[index].dirty.giveBack(unwritten.compactMap(DirtySet.Batch.init))
                state.lanes[index].inFlight = [:]
                state.lanes[index].scanned = []
                state.lanes[index].filling = [:]
                state.lanes[index].isIdle = true
                state.lanes[index].wake = nil
            }
            state.wakeMover = nil
            state.isHalted = false
            _ = state.resetLimiter()
        }
    }

    /// Stops the lanes from taking keys. What is touched meanwhile stays dirty, so thawing loses nothing.
    package func freeze() {
        state.withLock { $0.isPaused = true }
    }

    /// The same from before lanes are opened until they may be used.
    func shut() { state.withLock { $0.isShut = true } }

    func unshut() { letGo { $0.isShut = false } }

    package func thaw() { letGo { $0.isPaused = false } }

    private func letGo(_ change: (inout State) -> Void) {
        let wakes = state.withLock { state in
            change(&state)
            return state.lanes.compactMap(\.wake) + [state.wakeMover].compactMap(\.self)
        }
        for wake in wakes { wake() }
    }

    /// Changes were missed: nothing that is known about any key counts any more.
    func forget() {
        state.withLock { state in
            for index in state.lanes.indices { state.lanes[index].dirty = DirtySet() }
            (state.holds, state.silentHolds) = ([:], [])
            state.big.forget()
            state.tally.forgetAll()
            state.ledger = PositionLedger()
            state.told = [:]
        }
    }

    /// A shard's feed will tell everything behind `position`.
    func begin(shard: ShardID, at position: FeedPosition) {
        state.withLock { state in
            state.ledger.begin(shard: shard, at: position)
            state.told[shard] = position
        }
    }

    /// Up to where each shard's feed has told its changes: it can go on from there as long as this process lives.
    var toldPositions: ShardPositions { state.withLock(\.told) }

    /// Whether the resynchronisation that took this hold is still wanted.
    func isHeld(_ hold: Int) -> Bool { state.withLock { $0.holds[hold] != nil } }

    /// Bytes of memory that the dirty keys take, roughly.
    var dirtyFootprint: Int { state.withLock { $0.lanes.reduce(0) { $0 + $1.dirty.footprint } } }

    // MARK: What is at the target already

    /// Whether this process knows the key to be at both sides.
    func wasMoved(_ name: KeyName) -> Bool {
        state.withLock { $0.tally.flags(of: name.hash).isSuperset(of: [.atSource, .atTarget]) }
    }

    /// A scan begins. Keys that are known to be at both sides, or that `learn` named, are not copied again.
    func beginScan() {
        state.withLock { $0.skipsKnown = $0.tally.targetCount > 0 }
    }

    /// Takes names of the target: what they hold is equal to the source or will be touched.
    func learn(_ page: KeyPage, database: Int) {
        state.withLock { state in
            page.forEach(database: database) { hash, _ in state.tally.set(hash, adding: .atTarget) }
        }
    }
}

extension KeyTransferQueue.State {
    /// A key that the source's scan named: whether it need not be copied.
    mutating func isKnown(_ hash: KeyHash) -> Bool {
        guard tally.flags(of: hash).contains(.atTarget) else { return false }
        tally.set(hash, adding: [.atSource, .atTarget])
        return true
    }
}

extension DirtySet.Batch {
    /// The keys of a batch that the feed named; nil for one of the scan.
    fileprivate init?(_ batch: KeyBatch) {
        guard case .touched(let tick) = batch.origin else { return nil }
        self.init(
            database: batch.database,
            encoded: Array(batch.encoded.readableBytesView),
            ends: batch.ends,
            hashes: batch.hashes,
            firstTick: tick
        )
    }
}

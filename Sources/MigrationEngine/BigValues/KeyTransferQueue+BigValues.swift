import MigrationCore
import RESP
import Synchronization

/// Big values among the keys: the lanes find them, the mover takes them.
extension KeyTransferQueue {
    /// Calls `wake` when a big value may be ready to be moved.
    func connectMover(wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wakeMover = wake }
    }

    /// The next big value for one of the mover's workers, or nil; `waits` where there will be one without a wake-up call.
    func nextBig(worker: Int = 0) -> (job: BigValueTable.Job?, waits: Bool) {
        let (next, wake) = state.withLock { state -> ((job: BigValueTable.Job?, waits: Bool), Wake?) in
            let taker = TransferLimiter.Taker.mover(worker)
            guard !state.isFrozen, state.big.hasWaiting else {
                return ((nil, false), state.passBig(taker))
            }
            if let turn = state.limiter?.turn(of: taker, at: Self.now), !turn.isOpen { return ((nil, true), nil) }
            let lanes = state.lanes
            let job = state.big.take(at: .now) { lanes.isWritten(upTo: $0) }
            if job != nil { state.limiter?.took(1, ticket: nil, by: taker) }
            return ((job, job == nil), state.passBig(taker))
        }
        wake?()
        return next
    }

    /// A move has ended with the target equal to what the source was when it began, or later.
    ///
    /// - Parameter notBefore: When the next move of this value may begin, unless it is in a hurry.
    func bigMoved(_ key: BigKey, _ copy: BigCopy, bytes: Int, notBefore: ContinuousClock.Instant?) {
        state.withLock { state in
            state.big.moved(key, copy, notBefore: notBefore)
            state.tally.arrived([key.hash])
            state.keysTransferred += 1
            state.bytesTransferred += bytes
            state.advanceLedger()
        }
    }

    /// A move has ended otherwise, and all of the value is to be moved again.
    func bigFailed(_ key: BigKey, notBefore: ContinuousClock.Instant?) {
        state.withLock { $0.big.failed(key, notBefore: notBefore) }
    }

    /// The value is no longer big, or gone, or cannot be moved in pieces: a lane moves it.
    func bigReturned(_ key: BigKey, isIndivisible: Bool) {
        let wake = state.withLock { state -> (@Sendable () -> Void)? in
            guard let tick = state.big.remove(key, isIndivisible: isIndivisible) else { return nil }
            let hash = key.hash
            let lane = hash.lane(of: state.lanes.count)
            var encoded: [UInt8] = []
            key.key.bytes.withUnsafeBytes { encoded.appendBulk($0) }
            encoded.withUnsafeBytes {
                state.lanes[lane].dirty.touch(database: key.database, encoded: $0, hash: hash, tick: tick)
            }
            return state.lanes[lane].takeWake()
        }
        wake?()
    }

    /// What waits for its time is moved now, once; `always` as long as that is not taken back.
    func hurryBigValues(always: Bool? = nil) {
        let wake = state.withLock { state in
            if let always { state.big.isHurried = always }
            state.big.hurry()
            return state.wakeMover
        }
        wake?()
    }
}

extension KeyTransferQueue.State {
    /// A worker of the mover does not stand in the line any more; whoever is next gets called.
    fileprivate mutating func passBig(_ taker: TransferLimiter.Taker) -> KeyTransferQueue.Wake? {
        guard limiter != nil else { return nil }
        limiter?.leave(taker)
        return firstWake
    }

    /// Takes the keys that a lane found to be big.
    mutating func found(_ batch: KeyBatch) {
        for index in 0..<batch.count {
            let key = BigKey(database: batch.database, key: batch.key(index))
            switch batch.origin {
            case .scanned: big.add(key, tick: tick, isInitial: true, ticket: nextTicket)
            case .touched(let tick): big.add(key, tick: tick, isInitial: false, ticket: nextTicket)
            }
        }
    }

    /// False where the key is none of the big ones.
    mutating func touchBig(
        _ encoded: UnsafeRawBufferPointer,
        _ hash: KeyHash,
        database: Int,
        _ change: @autoclosure () -> BigChange
    ) -> Bool {
        guard big.mayHold(hash) else { return false }
        return big.touch(BigKey(database: database, key: KeyBatch.key(encoded)), change(), tick: tick)
    }

    /// The batch without the keys that are the mover's: those are now dirty there.
    mutating func withoutBig(_ batch: KeyBatch) -> KeyBatch {
        guard !big.isEmpty, batch.hashes.contains(where: big.mayHold) else { return batch }
        var first = tick
        if case .touched(let tick) = batch.origin { first = tick }
        var kept = KeyBatch(database: batch.database, origin: batch.origin)
        for index in 0..<batch.count {
            let hash = batch.hashes[index]
            if big.mayHold(hash) {
                let key = BigKey(database: batch.database, key: batch.key(index))
                if big.touch(key, .whole, tick: first) { continue }
                if big.isIndivisible(key) { kept.indivisible.insert(hash) }
            }
            kept.append(from: batch, index: index)
        }
        return kept
    }
}

import MigrationCore
import Synchronization

/// Limits of rate and bandwidth: what may be taken when.
extension KeyTransferQueue {
    /// So often a big value's mover looks whether its turn has come.
    private static let interval = Duration.milliseconds(5)
    private static let start = ContinuousClock.now

    static var now: Duration { ContinuousClock.now - start }

    /// From the beginning of a cutover to its end nothing is limited: a limit must not lengthen the pause.
    func liftLimits() { changeLimits { $0.areLimitsLifted = true } }
    func restoreLimits() { changeLimits { $0.areLimitsLifted = false } }

    var clockTolerance: ClockTolerance { state.withLock(\.options.clockTolerance) }

    /// Limits and the size of batches count from now on; the lanes get their number by `redistribute`.
    func apply(_ update: TransferUpdate) {
        changeLimits { state in
            state.options.apply(update)
            for index in state.lanes.indices { state.lanes[index].sizer.most = state.options.batchSize }
        }
    }

    private func changeLimits(_ change: (inout State) -> Void) {
        let wakes = state.withLock { state in
            change(&state)
            return state.resetLimiter()
        }
        for wake in wakes { wake() }
    }

    /// Whether a lane may take keys. One that must wait is called when it may.
    func limitedTurn(of lane: Int, _ state: inout State) -> TransferLimiter.Turn {
        // What nothing can be taken of takes no turn.
        guard !state.isFrozen, !state.isHalted, state.lanes[lane].hasWork else { return .take(most: .max) }
        let turn = state.limiter?.turn(of: .lane(lane), at: Self.now) ?? .take(most: .max)
        if case .take = turn { return turn }
        // The line wakes it, whatever is touched meanwhile.
        state.lanes[lane].isIdle = false
        if case .wait(let delay) = turn { startTimer(delay, &state) }
        return turn
    }

    private func startTimer(_ delay: Duration, _ state: inout State) {
        state.timer?.cancel()
        state.timer = Task { [weak self] in
            try? await Task.sleep(for: delay)
            if !Task.isCancelled { self?.wakeFirst() }
        }
    }

    /// There may be tokens for the first of those who wait.
    func wakeFirst() {
        let wake = state.withLock(\.firstWake)
        wake?()
    }

    /// How much of a big value is to be moved at once, in bytes: what a limit lets through in a moment.
    var pieceBytes: Int {
        let (limit, bounds) = state.withLock { ($0.limiter == nil ? nil : $0.options.maxBytesPerSecond, $0.bounds) }
        let most = min(BigMove.mostPageBytes, bounds.pieceBytes)
        return limit.map { min(most, max(BigMove.leastPageBytes, $0 / 10)) } ?? most
    }

    /// Returns when a piece of a big value may be sent.
    func waitForPiece(worker: Int) async {
        while state.withLock({ $0.limiter?.maySend(.mover(worker), at: Self.now) == false }) {
            do { try await Task.sleep(for: Self.interval) } catch { return }
        }
    }

    func sentPiece(bytes: Int, worker: Int) {
        let wake = state.withLock { state in
            state.limiter?.sent(bytes: bytes, by: .mover(worker))
            return state.firstWake
        }
        wake?()
    }
}

extension KeyTransferQueue.State {
    var firstWake: KeyTransferQueue.Wake? {
        limiter?.waiting.first.flatMap(wake)
    }

    /// Nil for the mover's workers, who ask by themselves.
    private func wake(of taker: TransferLimiter.Taker) -> KeyTransferQueue.Wake? {
        guard case .lane(let lane) = taker, lanes.indices.contains(lane) else { return nil }
        return lanes[lane].wake
    }

    /// What a lane has taken is charged, and whoever is next gets called.
    mutating func endTurn(of lane: Int, _ taken: KeyTransferQueue.Taken?) -> KeyTransferQueue.Wake? {
        let wasWaited = (limiter?.waiting.count ?? 0) > 1
        if let taken {
            limiter?.took(taken.batch.count, ticket: taken.ticket, by: .lane(lane))
        } else {
            limiter?.leave(.lane(lane))
        }
        return wasWaited ? firstWake : nil
    }

    mutating func note(_ completion: LaneMachine.Completion) {
        limiter?.moved(
            keys: completion.present.count,
            bytes: completion.payloadBytes,
            ticket: completion.ticket,
            isLast: completion.isLast
        )
    }

    /// A new limiter, without a line: those who stood in one are called.
    mutating func resetLimiter() -> [KeyTransferQueue.Wake] {
        let waiting = limiter?.waiting ?? []
        timer?.cancel()
        timer = nil
        limiter = areLimitsLifted ? nil : TransferLimiter(options, at: KeyTransferQueue.now)
        return waiting.compactMap(wake)
    }
}

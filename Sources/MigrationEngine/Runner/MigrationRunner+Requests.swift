import FoundationEssentials
import MigrationCore
import RedisClient

// What is asked of a running migration.
extension MigrationRunner {
    package func status() -> MigrationStatus {
        var status = progress.status(
            phase: hasBegun ? machine.phase : .preparing,
            failure: machine.failure,
            queue: synchronizer.queue.snapshot,
            scan: (synchronizer.scanned, synchronizer.estimatedKeys, synchronizer.isScanDone),
            stragglers: router.stragglers,
            at: Date()
        )
        status.source = endpoints.source.description
        status.noteSchedule(of: machine)
        status.supersededBy = machine.supersededBy
        if trace.fence == nil, !machine.isSwitched { status.seenWritable = home.writable }
        if isSettling, trace.fence != nil {
            status.fenceUpAt = status.source
            status.writesRefusedSince = status.writesRefusedSince ?? trace.announcedAt
        }
        if machine.isCancelling {
            status.note =
                machine.phase == .failed
                ? "its cancel was broken off: run cancel \(plan.id) again" : "it is being cancelled"
        }
        return status
    }

    /// Ends with the switch, or with the fence down again and live sync going on.
    package func cutover(_ options: CutoverOptions) async throws(MigrationFailure) -> CutoverOutcome {
        await hurrySettlement()
        try checkCutover(options)
        return await withCheckedContinuation { continuation in
            waitingForCutover.append(continuation)
            post.yield(.cutoverRequested(options))
        }
    }

    /// The result of the verification across the switch, once it has ended; nil where there was none.
    package func verification() async -> VerificationReport? {
        await end()
        return progress.verification
    }

    package func stop(signal: String) {
        post.yield(.stopped(signal: signal))
    }

    /// Stops all reading and writing but the feed, which goes on noting what changes. Pausing twice is no error.
    package func pause() async throws(MigrationFailure) {
        guard machine.phase != .paused else { return }
        try request(.paused, to: "be paused")
        // What was asked for before still arrives.
        for _ in 0..<500 {
            if !machine.isLinked || synchronizer.queue.snapshot.isSettled { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Goes on where a pause stopped; a migration that is not paused goes on anyway.
    package func resume() throws(MigrationFailure) {
        guard machine.phase == .paused else { return }
        try request(.resumed, to: "be resumed")
    }

    /// Gives the migration up: removes from the target what it put there. Returns when that is done.
    package func cancel(force: Bool) async throws(MigrationFailure) -> CancelReport {
        try request(.cancelRequested(force: force), to: "be cancelled")
        await end()
        if let report = progress.cancelled { return report }
        throw status().error ?? MigrationFailure(.failed, "the worker ended before \(plan.id) was cancelled")
    }

    func request(_ event: MigrationEvent, to verb: String) throws(MigrationFailure) {
        guard !hasEnded else { throw MigrationFailure(.notNow, "the worker of \(plan.id) is ending; try again") }
        guard !isSettling else {
            throw MigrationFailure(.notNow, "\(plan.id) cannot \(verb): \(unsettled)")
        }
        guard !machine.isInCutover else {
            throw MigrationFailure(.notNow, "\(plan.id) cannot \(verb): a cutover is under way; wait for it")
        }
        do throws(TransitionError) {
            var next = machine
            _ = try next.handle(event)
        } catch {
            let kind: MigrationFailure.Kind = machine.isSwitched || machine.phase.isFinal ? .failed : .notNow
            throw MigrationFailure(kind, "\(plan.id) cannot \(verb): \(error.words)")
        }
        take(event)
        if let failure = progress.failure { throw failure }
    }

    private var unsettled: String {
        let reason = progress.reconnecting.map { " (\($0.reason))" } ?? ""
        return "the fence of a cutover may still be up at \(endpoints.source)\(reason): run resume \(plan.id)"
    }

    private func checkCutover(_ options: CutoverOptions) throws(MigrationFailure) {
        guard !hasEnded || machine.phase.isFinal else {
            throw MigrationFailure(.failed, "\(plan.id) was stopped in phase \(machine.phase.rawValue)")
        }
        guard waitingForCutover.isEmpty else {
            throw MigrationFailure(.notNow, "a cutover of \(plan.id) is under way; wait for it")
        }
        guard !machine.isCancelling else {
            throw MigrationFailure(.failed, "\(plan.id) cannot be cut over: it is being cancelled")
        }
        if let obstacle = options.obstacle(status(), isLinked: machine.isLinked) { throw obstacle }
        do throws(JournalError) {
            try journal.keepReserve()
        } catch {
            throw error.failure(then: "run 'ferrite-migrate cutover \(plan.id)' again")
        }
    }
}

extension TransitionError {
    /// The phase and why, for people.
    package var words: String { "it is in phase \(phase.rawValue); \(reason)" }
}

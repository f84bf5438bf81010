/// The life of one migration: an event comes in, the next phase and the actions come out.
package struct MigrationStateMachine: Equatable, Sendable {
    package private(set) var phase: MigrationPhase = .preparing
    package private(set) var failure: MigrationFailure?
    package private(set) var outcome: CutoverOutcome?
    private var extent: VerifyExtent = .full

    package init() {}

    package mutating func handle(_ event: MigrationEvent) throws(TransitionError) -> [MigrationAction] {
        switch (phase, event) {
        case (.preparing, .created): return []
        case (.preparing, .workerStarted): return [.prepare]
        case (.preparing, .prepared):
            phase = .initialSync
            return [.synchronize]
        case (.initialSync, .synced):
            phase = .liveSync
            return []
        case (.liveSync, .cutoverRequested(let options)):
            phase = .cutover
            failure = nil
            extent = options.verify
            return [.startCutover(options)]
        case (_, .cutoverRequested):
            throw TransitionError(phase: phase, reason: "a cutover is possible only in live_sync")
        case (.cutover, .cutover): return []
        case (.cutover, .cutoverEnded(let outcome)): return end(outcome)
        case (.cleanup, .verified), (.cleanup, .verificationSkipped):
            phase = .completed
            return [.end]
        case (_, .failed(let failure)): return fail(failure)
        case (_, .stopped): return [.end]
        default:
            throw TransitionError(phase: phase, reason: "the event does not belong to this phase")
        }
    }

    private mutating func end(_ outcome: CutoverOutcome) -> [MigrationAction] {
        self.outcome = outcome
        switch outcome {
        case .switched:
            phase = .cleanup
            return [.verify(extent)]
        case .back(let failure):
            phase = .liveSync
            self.failure = failure
            return []
        }
    }

    private mutating func fail(_ failure: MigrationFailure) -> [MigrationAction] {
        guard !phase.isFinal else { return [] }
        self.failure = failure
        // Traffic is switched: nothing of that is taken back, only its verification did not end.
        phase = .failed
        return [.end]
    }
}

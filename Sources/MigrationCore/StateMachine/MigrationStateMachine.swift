/// The life of one migration: an event comes in, the next phase and the actions come out. A worker that takes up a
/// migration folds the journal's events through it and goes on with `workerStarted`.
package struct MigrationStateMachine: Equatable, Sendable {
    private enum Stage: Equatable {
        case preparing, initialSync, liveSync
        /// Behind the switch what is left of the cutover leads nowhere but on.
        case cutover(hasSwitched: Bool)
        case cleanup, completed, cancelled, superseded
    }

    private var stage = Stage.preparing
    private var isPaused = false
    private var hasFailed = false
    /// Set once `cancel` was asked for, to whether it shall remove everything.
    private var cancelling: Bool?
    /// What has to be done before both sides are in sync; nil once they are.
    private var owed: SyncExtent? = .fresh
    /// What the source had before it came back as another and changes were missed; nil once both sides are in sync.
    package private(set) var keysBefore: Int?
    private var isAttached = false
    private var isAttaching = false
    private var isSynchronizing = false
    private var extent: VerifyExtent = .full
    package private(set) var failure: MigrationFailure?
    /// The migration that has taken the tenant, where that is known.
    package private(set) var supersededBy: String?
    package private(set) var outcome: CutoverOutcome?
    /// The cutover that is to happen by itself; nil once it has, or will not.
    package private(set) var schedule: CutoverSchedule?
    /// How the last schedule ended, unless it ended with a switch or was taken back.
    package private(set) var scheduleEnd: ScheduleEnd?

    package init() {}

    package var phase: MigrationPhase {
        if hasFailed { return .failed }
        switch stage {
        case .preparing: return .preparing
        case .initialSync: return isPaused ? .paused : .initialSync
        case .liveSync: return isPaused ? .paused : .liveSync
        case .cutover(let hasSwitched): return hasSwitched ? .cleanup : .cutover
        case .cleanup: return .cleanup
        case .completed: return .completed
        case .cancelled: return .cancelled
        case .superseded: return .superseded
        }
    }

    package var isCancelling: Bool { cancelling != nil && !hasEnded }
    /// Traffic is switched: nothing leads back any more.
    package var isSwitched: Bool { stage == .cutover(hasSwitched: true) || stage == .cleanup || stage == .completed }
    /// A cutover is under way, or has to be settled.
    package var isInCutover: Bool { if case .cutover = stage { true } else { false } }
    /// Nothing leads on any more.
    private var hasEnded: Bool { stage == .completed || stage == .cancelled || stage == .superseded }
    /// Feeds and lanes are open.
    package var isLinked: Bool { isAttached }

    /// Refuses an event that makes no sense now, and has then changed nothing.
    package mutating func handle(_ event: MigrationEvent) throws(TransitionError) -> [MigrationAction] {
        switch event {
        case .created(let plan): return try created(plan)
        case .workerStarted: return try start()
        case .attached, .prepared, .interrupted, .feedGivenUp, .synced, .paused, .resumed:
            return try synchronization(event)
        case .cutoverRequested, .cutover, .cutoverUnsettled, .cutoverEnded, .verified, .verificationSkipped,
            .unverified:
            return try switching(event)
        case .cancelRequested(let force): return try cancel(force)
        case .cancelled:
            try expect(isCancelling, "no cancel was asked for")
            (stage, isPaused, hasFailed, failure) = (.cancelled, false, false, nil)
            return [.end]
        case .cleaned:
            try expect(stage == .completed, "the source is cleaned up after the end")
            return []
        case .failed(let failure): return fail(failure)
        case .superseded(let id, let failure): return try supersede(by: id, failure)
        case .settingRaised, .settingRestored, .workerChanged: return []
        case .stopped: return [.end]
        case .cutoverScheduled, .cutoverUnscheduled, .cutoverScheduleEnded: return try scheduling(event)
        case .updated(let update): return try updated(update)
        }
    }
}

// MARK: - Beginning and end

extension MigrationStateMachine {
    private mutating func created(_ plan: MigrationPlan) throws(TransitionError) -> [MigrationAction] {
        try expect(stage == .preparing && !isAttached, "it is there already")
        owed = plan.replace ? .everything : .fresh
        return []
    }

    /// A worker has nothing in its memory: what the target has is known to be equal up to the journal's positions, and
    /// its names must be read again.
    private mutating func start() throws(TransitionError) -> [MigrationAction] {
        try expect(!hasEnded, "it has ended")
        (hasFailed, failure) = (false, nil)
        (isAttached, isAttaching, isSynchronizing) = (false, false, false)
        if let cancelling { return isInCutover ? [.settleCutover] : [.cancel(force: cancelling)] }
        switch stage {
        case .cutover: return [.settleCutover]
        case .cleanup: return [.verify(extent)]
        case .initialSync, .liveSync:
            owe(.missing)
            return attach()
        case .preparing, .completed, .cancelled, .superseded: return attach()
        }
    }

    private mutating func cancel(_ force: Bool) throws(TransitionError) -> [MigrationAction] {
        try expect(!isSwitched, "traffic is switched: to go back, migrate the tenant from the target to the source")
        try expect(stage != .cancelled, "it is cancelled already")
        try expect(stage != .superseded, "another migration has moved the tenant")
        cancelling = force || cancelling == true
        (schedule, scheduleEnd) = (nil, nil)
        // What failed before is given up; what fails from here on is the cancel.
        (hasFailed, failure) = (false, nil)
        (isAttached, isAttaching, isSynchronizing) = (false, false, false)
        return isInCutover ? [.settleCutover] : [.cancel(force: cancelling == true)]
    }

    /// Also after a failure: then it is what the next worker begins with.
    private func updated(_ update: TransferUpdate) throws(TransitionError) -> [MigrationAction] {
        try expect(!hasEnded, "it has ended")
        try expect(!isSwitched, "traffic is switched, and nothing is left to copy")
        try expect(!isInCutover, "a cutover is under way")
        try expect(cancelling == nil, "it is being cancelled")
        return [.update(update)]
    }

    private mutating func fail(_ failure: MigrationFailure) -> [MigrationAction] {
        guard !phase.isFinal else { return [] }
        (hasFailed, self.failure) = (true, failure)
        return [.end]
    }

    /// Nothing is taken back and nothing goes on: neither side is this migration's any more.
    private mutating func supersede(
        by id: String?,
        _ failure: MigrationFailure
    ) throws(TransitionError) -> [MigrationAction] {
        try expect(!isSwitched, "traffic is switched")
        try expect(!hasEnded, "it has ended")
        (stage, isPaused, hasFailed, cancelling) = (.superseded, false, false, nil)
        (self.failure, supersededBy) = (failure, id)
        (schedule, scheduleEnd) = (nil, nil)
        return [.end]
    }

    private func expect(_ isRight: Bool, _ reason: String) throws(TransitionError) {
        guard isRight else { throw TransitionError(phase: phase, reason: reason) }
    }
}

// MARK: - Initial sync and live sync

extension MigrationStateMachine {
    private var isMoving: Bool {
        !hasFailed && cancelling == nil && (stage == .preparing || stage == .initialSync || stage == .liveSync)
    }

    private mutating func synchronization(_ event: MigrationEvent) throws(TransitionError) -> [MigrationAction] {
        try expect(!isSwitched, "traffic is switched, and nothing is left to copy")
        try expect(isMoving, "the event does not belong to this phase")
        switch event {
        case .attached(let attachment): return attached(attachment)
        case .interrupted: return detach(attachesAgain: true)
        // Paused, the set would only fill again.
        case .feedGivenUp: return detach(attachesAgain: !isPaused)
        case .prepared:
            try expect(stage == .preparing && isAttached, "the event does not belong to this phase")
            stage = .initialSync
            return synchronize()
        case .synced:
            try expect(stage == .initialSync, "the event does not belong to this phase")
            (stage, owed, isSynchronizing, failure) = (.liveSync, nil, false, nil)
            keysBefore = nil
            return []
        case .paused:
            try expect(stage != .preparing && !isPaused, "it cannot be paused now")
            isPaused = true
            return [.freeze]
        default:
            try expect(isPaused, "it is not paused")
            isPaused = false
            return [.thaw] + (isAttached ? synchronize() : attach())
        }
    }

    private mutating func attached(_ attachment: Attachment) -> [MigrationAction] {
        (isAttached, isAttaching) = (true, false)
        if let owed = attachment.owed { owe(owed) }
        // A source that comes back a second time was known the first time.
        if let keys = attachment.keysBefore { keysBefore = max(keysBefore ?? 0, keys) }
        return stage == .preparing ? [.copyUsers] : synchronize()
    }

    private mutating func detach(attachesAgain: Bool) -> [MigrationAction] {
        (isAttached, isSynchronizing) = (false, false)
        return attachesAgain ? attach() : []
    }

    private mutating func attach() -> [MigrationAction] {
        guard !isAttaching else { return [] }
        isAttaching = true
        return [.attach]
    }

    private mutating func synchronize() -> [MigrationAction] {
        guard let owed, !isPaused, !isSynchronizing else { return [] }
        isSynchronizing = true
        return [.synchronize(owed)]
    }

    private mutating func owe(_ extent: SyncExtent) {
        owed = max(owed ?? extent, extent)
        if stage == .liveSync { stage = .initialSync }
    }
}

// MARK: - Cutover

extension MigrationStateMachine {
    /// A schedule is for any time before the switch, whether a worker lives or not.
    private mutating func scheduling(_ event: MigrationEvent) throws(TransitionError) -> [MigrationAction] {
        try expect(!isSwitched, "traffic is switched")
        try expect(!hasEnded && cancelling == nil, "it is being cancelled, or has ended")
        switch event {
        case .cutoverScheduled(let schedule):
            try expect(!hasFailed, "only resume leads on")
            (self.schedule, scheduleEnd) = (schedule, nil)
        case .cutoverScheduleEnded(let end): (schedule, scheduleEnd) = (nil, end)
        default: (schedule, scheduleEnd) = (nil, nil)
        }
        return []
    }

    private mutating func switching(_ event: MigrationEvent) throws(TransitionError) -> [MigrationAction] {
        switch (stage, event) {
        case (.liveSync, .cutoverRequested(let options)) where isMoving && !isPaused && isAttached:
            (stage, failure, extent) = (.cutover(hasSwitched: false), nil, options.verify)
            return [.startCutover(options)]
        case (.cutover, .cutover(.switched)):
            switched(.cutover(hasSwitched: true))
            return []
        case (.cutover, .cutover): return []
        case (.cutover, .cutoverUnsettled(let failure)):
            self.failure = failure
            return [.settleCutover]
        case (.cutover(hasSwitched: false), .cutoverEnded(let outcome)): return ended(outcome)
        case (.cutover, .cutoverEnded(.switched(let downtime, let keys))):
            return ended(.switched(downtimeMilliseconds: downtime, keysMigrated: keys))
        case (.cleanup, .verified), (.cleanup, .verificationSkipped):
            stage = .completed
            return [.end]
        case (.cleanup, .unverified(let failure)):
            (stage, self.failure) = (.completed, failure)
            return [.end]
        default: throw TransitionError(phase: phase, reason: "the event does not belong to this phase")
        }
    }

    /// Whatever was to happen before is of no use any more.
    private mutating func switched(_ next: Stage) {
        (stage, cancelling) = (next, nil)
        (schedule, scheduleEnd) = (nil, nil)
    }

    private mutating func ended(_ outcome: CutoverOutcome) -> [MigrationAction] {
        self.outcome = outcome
        switch outcome {
        case .switched:
            switched(.cleanup)
            return [.verify(extent)]
        case .back(let failure):
            (stage, self.failure) = (.liveSync, failure)
            if let cancelling { return [.cancel(force: cancelling)] }
            if isAttached { return [] }
            owe(.missing)
            return attach()
        }
    }
}

import FoundationEssentials
import MigrationCore

/// What the events say is true now: the content of state.json where that file is missing. Counters that were never
/// events (lag, progress in between) are what the last event leaves of them.
struct JournalFold {
    private(set) var state: JournalState
    private(set) var warnings: [String] = []
    private(set) var machine = MigrationStateMachine()
    private var measured = MigrationMeasurements()
    /// With what was updated since it was made.
    private(set) var plan: MigrationPlan
    private var attachedAt: Date?

    init(plan: MigrationPlan, at: Date) {
        self.plan = plan
        state = JournalState(status: MigrationStatus(plan: plan, at: at))
    }

    mutating func apply(_ record: JournalRecord) {
        do {
            _ = try machine.handle(record.event)
        } catch {
            warnings.append("an event does not belong to phase \(error.phase.rawValue): \(error.reason)")
        }
        state.status.phase = machine.phase
        state.status.error = machine.failure
        state.status.updatedAt = record.at
        measured.note(record.event, at: record.at)
        state.status.measured = measured
        state.status.noteSchedule(of: machine)
        state.status.supersededBy = machine.supersededBy
        take(record.event, at: record.at)
    }

    /// The stored state with what the events know better. An event is on the disk before its step is taken and before
    /// state.json says so: a worker that died in between left a state that is older than its events.
    func completing(_ stored: JournalState) -> JournalState {
        var result = stored
        result.cutover = state.cutover
        result.status.show(plan.transfer)
        if stored.positions.isEmpty || attachedAt.map({ $0 > stored.status.updatedAt }) == true {
            (result.positions, result.servers) = (state.positions, state.servers)
        }
        result.status.cleanup = state.status.cleanup ?? stored.status.cleanup
        result.status.cancel = state.status.cancel ?? stored.status.cancel
        if stored.status.phase != state.status.phase {
            result.status.phase = state.status.phase
            result.status.error = state.status.error
            result.status.updatedAt = max(stored.status.updatedAt, state.status.updatedAt)
        }
        result.status.progress = max(stored.status.progress, state.status.progress)
        result.status.downtimeMilliseconds = state.status.downtimeMilliseconds ?? stored.status.downtimeMilliseconds
        result.status.keysMigrated = state.status.keysMigrated ?? stored.status.keysMigrated
        result.status.verification = state.status.verification ?? stored.status.verification
        result.status.writesRefusedSince = state.status.writesRefusedSince
        if state.cutover.fence == nil { result.status.fenceUpAt = nil }
        result.status.note = state.status.note ?? stored.status.note
        result.status.measured = measured.completing(stored.status.measured)
        result.status.noteSchedule(of: machine)
        result.status.supersededBy = machine.supersededBy
        result.status.seenWritable = nil
        return result
    }

    private mutating func take(_ event: MigrationEvent, at instant: Date) {
        switch event {
        case .attached(let attachment):
            (state.positions, state.servers, attachedAt) = (attachment.positions, attachment.servers, instant)
        case .synced(let keys):
            state.status.keysSynced = keys
            state.status.keysTotal = keys
            state.status.progress = 100
        case .cutover(let event):
            state.cutover.note(event, at: instant)
            if case .fenceRaised = event { state.status.writesRefusedSince = instant }
            if case .fenceLowered = event { state.status.writesRefusedSince = nil }
            if case .fenceLeft = event { state.status.writesRefusedSince = nil }
            if case .switched(let downtime) = event { state.status.downtimeMilliseconds = downtime }
            if case .settled(let warnings) = event { state.status.note = Remarks(warnings).line }
        case .cutoverUnsettled:
            state.status.writesRefusedSince = state.status.writesRefusedSince ?? state.cutover.announcedAt
        case .cutoverEnded(let outcome):
            state.cutover.end()
            guard case .switched(let downtime, let keys) = outcome else {
                state.status.writesRefusedSince = nil
                break
            }
            state.status.downtimeMilliseconds = downtime
            state.status.keysMigrated = keys
        case .superseded: state.cutover.end()
        case .verified(let report): state.status.verification = report
        case .cancelled(let report): state.status.cancel = report
        case .cleaned(let report): state.status.cleanup = state.status.cleanup?.adding(report) ?? report
        case .updated(let update):
            plan.transfer.apply(update)
            state.status.show(plan.transfer)
        case .created, .workerStarted, .prepared, .interrupted, .feedGivenUp, .paused, .resumed, .cutoverRequested,
            .verificationSkipped, .unverified, .settingRaised, .settingRestored, .cancelRequested, .failed, .stopped,
            .workerChanged, .cutoverScheduled, .cutoverUnscheduled, .cutoverScheduleEnded:
            break
        }
    }
}

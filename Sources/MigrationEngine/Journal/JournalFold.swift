import FoundationEssentials
import MigrationCore

/// What the events say is true now: the content of state.json where that file is missing. Counters that were never
/// events (lag, progress in between) are what the last event leaves of them.
struct JournalFold {
    private(set) var state: JournalState
    private(set) var warnings: [String] = []
    private var machine = MigrationStateMachine()

    init(plan: MigrationPlan, at: Date) {
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
        take(record.event, at: record.at)
    }

    /// The stored state with what the events know better. An event is on the disk before its step is taken and before
    /// state.json says so: a worker that died in between left a state that is older than its events.
    func completing(_ stored: JournalState) -> JournalState {
        var result = stored
        result.fence = state.fence
        if stored.positions.isEmpty { result.positions = state.positions }
        if stored.status.phase != state.status.phase {
            result.status.phase = state.status.phase
            result.status.error = state.status.error
            result.status.updatedAt = max(stored.status.updatedAt, state.status.updatedAt)
        }
        result.status.progress = max(stored.status.progress, state.status.progress)
        result.status.downtimeMilliseconds = state.status.downtimeMilliseconds ?? stored.status.downtimeMilliseconds
        result.status.keysMigrated = state.status.keysMigrated ?? stored.status.keysMigrated
        result.status.verification = state.status.verification ?? stored.status.verification
        result.status.writesRefusedSince = state.status.writesRefusedSince ?? stored.status.writesRefusedSince
        result.status.note = state.status.note ?? stored.status.note
        return result
    }

    private mutating func take(_ event: MigrationEvent, at instant: Date) {
        switch event {
        case .prepared(let positions, _): state.positions = positions
        case .synced(let keys):
            state.status.keysSynced = keys
            state.status.keysTotal = keys
            state.status.progress = 100
        case .cutover(let event): take(event, at: instant)
        case .cutoverEnded(.switched(let downtime, let keys)):
            state.status.downtimeMilliseconds = downtime
            state.status.keysMigrated = keys
        case .verified(let report): state.status.verification = report
        case .created, .workerStarted, .cutoverRequested, .cutoverEnded(.back), .verificationSkipped, .failed, .stopped:
            break
        }
    }

    private mutating func take(_ event: CutoverEvent, at instant: Date) {
        switch event {
        case .prepared(let fence): state.fence = fence
        case .fenceRaised: state.status.writesRefusedSince = instant
        case .fenceLowered:
            state.fence = nil
            state.status.writesRefusedSince = nil
        case .switched: state.fence = nil
        case .settled(let warnings): state.status.note = warnings.isEmpty ? nil : warnings.joined(separator: "; ")
        case .barrierRead, .drained, .checked, .leaked, .budgetSpent, .failed: break
        }
    }
}

// The names under which events stand in the journal. They are the format: a name once released is never given another
// meaning, and what a future version adds gets a name of its own.

extension MigrationEvent {
    package enum CodingKeys: String, CodingKey {
        case created
        case workerStarted = "worker_started"
        case attached
        case prepared
        case interrupted
        case feedGivenUp = "feed_given_up"
        case synced
        case paused
        case resumed
        case cutoverRequested = "cutover_requested"
        case cutover
        case cutoverUnsettled = "cutover_unsettled"
        case cutoverEnded = "cutover_ended"
        case verified
        case verificationSkipped = "verification_skipped"
        case unverified
        case settingRaised = "setting_raised"
        case settingRestored = "setting_restored"
        case cancelRequested = "cancel_requested"
        case cancelled
        case cleaned
        case failed
        case workerChanged = "worker_changed"
        case stopped
        case cutoverScheduled = "cutover_scheduled"
        case cutoverUnscheduled = "cutover_unscheduled"
        case cutoverScheduleEnded = "cutover_schedule_ended"
        case updated
        case superseded
    }

    package enum WorkerChangedCodingKeys: String, CodingKey {
        case _0 = "worker"
    }

    package enum AttachedCodingKeys: String, CodingKey {
        case _0 = "attachment"
    }

    package enum InterruptedCodingKeys: String, CodingKey {
        case _0 = "failure"
    }

    package enum UnverifiedCodingKeys: String, CodingKey {
        case _0 = "failure"
    }

    package enum SettingRaisedCodingKeys: String, CodingKey {
        case _0 = "setting"
    }

    package enum CancelledCodingKeys: String, CodingKey {
        case _0 = "report"
    }

    package enum CleanedCodingKeys: String, CodingKey {
        case _0 = "report"
    }

    package enum CreatedCodingKeys: String, CodingKey {
        case _0 = "plan"
    }

    package enum WorkerStartedCodingKeys: String, CodingKey {
        case processID = "process_id"
    }

    package enum CutoverRequestedCodingKeys: String, CodingKey {
        case _0 = "options"
    }

    package enum CutoverCodingKeys: String, CodingKey {
        case _0 = "event"
    }

    package enum CutoverUnsettledCodingKeys: String, CodingKey {
        case _0 = "failure"
    }

    package enum CutoverEndedCodingKeys: String, CodingKey {
        case _0 = "outcome"
    }

    package enum VerifiedCodingKeys: String, CodingKey {
        case _0 = "report"
    }

    package enum FailedCodingKeys: String, CodingKey {
        case _0 = "failure"
    }

    package enum CutoverScheduledCodingKeys: String, CodingKey {
        case _0 = "schedule"
    }

    package enum CutoverScheduleEndedCodingKeys: String, CodingKey {
        case _0 = "end"
    }

    package enum SupersededCodingKeys: String, CodingKey {
        case by
        case _1 = "failure"
    }

    package enum UpdatedCodingKeys: String, CodingKey {
        case _0 = "update"
    }
}

extension CutoverEvent {
    package enum CodingKeys: String, CodingKey {
        case prepared
        case fenceRaised = "fence_raised"
        case barrierRead = "barrier_read"
        case drained
        case checked
        case leaked
        case switched
        case settled
        case fenceLowered = "fence_lowered"
        case budgetSpent = "budget_spent"
        case failed
        case fenceLeft = "fence_left"
    }

    package enum PreparedCodingKeys: String, CodingKey {
        case _0 = "fence"
    }

    package enum BarrierReadCodingKeys: String, CodingKey {
        case _0 = "offsets"
    }

    package enum CheckedCodingKeys: String, CodingKey {
        case keysSource = "keys_source"
        case keysTarget = "keys_target"
        case watch
    }

    package enum LeakedCodingKeys: String, CodingKey {
        case _0 = "leak"
    }

    package enum SwitchedCodingKeys: String, CodingKey {
        case downtimeMilliseconds = "downtime_ms"
    }

    package enum SettledCodingKeys: String, CodingKey {
        case _0 = "warnings"
    }

    package enum FailedCodingKeys: String, CodingKey {
        case _0 = "failure"
    }

    package enum FenceLeftCodingKeys: String, CodingKey {
        case _0 = "failure"
    }
}

extension CutoverOutcome {
    package enum SwitchedCodingKeys: String, CodingKey {
        case downtimeMilliseconds = "downtime_ms"
        case keysMigrated = "keys_migrated"
    }

    package enum BackCodingKeys: String, CodingKey {
        case _0 = "failure"
    }
}

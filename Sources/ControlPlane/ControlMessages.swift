import MigrationCore

/// What a worker can be asked: one JSON line on its socket, answered by one `ControlReply`.
package enum ControlRequest: Codable, Equatable, Sendable {
    case status
    /// Answered when the cutover has ended, or, if `waitForVerification`, when the verification across the switch has.
    case cutover(CutoverOptions, waitForVerification: Bool)
    /// Compares `sample` keys, or all where it is nil.
    case verify(sample: Int?)
    case pause
    case resume
    /// Answered when what was copied is removed from the target.
    case cancel(force: Bool)
    /// Ends the worker and leaves the migration so that it can be taken up again.
    case stop
    /// Lets a cutover happen by itself, in the place of any that was scheduled before.
    case schedule(CutoverSchedule)
    case unschedule
    case update(TransferUpdate)

    package enum CutoverCodingKeys: String, CodingKey {
        case _0 = "options"
        case waitForVerification = "wait_for_verification"
    }

    package enum ScheduleCodingKeys: String, CodingKey {
        case _0 = "schedule"
    }

    package enum UpdateCodingKeys: String, CodingKey {
        case _0 = "update"
    }
}

package enum ControlReply: Codable, Equatable, Sendable {
    case status(MigrationStatus)
    case cutover(CutoverReport)
    case verification(VerificationReport)
    case cancelled(CancelReport)
    case stopping
    case failure(MigrationFailure)
    case scheduled(ScheduleReport)

    package enum StatusCodingKeys: String, CodingKey {
        case _0 = "status"
    }

    package enum CutoverCodingKeys: String, CodingKey {
        case _0 = "report"
    }

    package enum VerificationCodingKeys: String, CodingKey {
        case _0 = "report"
    }

    package enum CancelledCodingKeys: String, CodingKey {
        case _0 = "report"
    }

    package enum FailureCodingKeys: String, CodingKey {
        case _0 = "failure"
    }

    package enum ScheduledCodingKeys: String, CodingKey {
        case _0 = "report"
    }
}

/// What is scheduled now, and what was before.
package struct ScheduleReport: Codable, Equatable, Sendable {
    package var now: CutoverSchedule?
    package var before: CutoverSchedule?

    package init(now: CutoverSchedule? = nil, before: CutoverSchedule?) {
        self.now = now
        self.before = before
    }
}

/// How a cutover ended and, where it was waited for, what the verification across the switch found.
package struct CutoverReport: Codable, Equatable, Sendable {
    package var outcome: CutoverOutcome
    package var verification: VerificationReport?
    /// Why there is no verification although it was waited for.
    package var failure: MigrationFailure?

    package init(
        outcome: CutoverOutcome,
        verification: VerificationReport? = nil,
        failure: MigrationFailure? = nil
    ) {
        self.outcome = outcome
        self.verification = verification
        self.failure = failure
    }
}

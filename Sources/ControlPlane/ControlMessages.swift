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

    package enum CutoverCodingKeys: String, CodingKey {
        case _0 = "options"
        case waitForVerification = "wait_for_verification"
    }
}

package enum ControlReply: Codable, Equatable, Sendable {
    case status(MigrationStatus)
    case cutover(CutoverReport)
    case verification(VerificationReport)
    case cancelled(CancelReport)
    case stopping
    case failure(MigrationFailure)

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
}

/// How a cutover ended and, where it was waited for, what the verification across the switch found.
package struct CutoverReport: Codable, Equatable, Sendable {
    package var outcome: CutoverOutcome
    package var verification: VerificationReport?

    package init(outcome: CutoverOutcome, verification: VerificationReport? = nil) {
        self.outcome = outcome
        self.verification = verification
    }
}

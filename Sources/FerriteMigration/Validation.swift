import MigrationCore
import MigrationEngine

/// Whether a tenant could be migrated: what both servers answered. Nothing that stays was changed at either.
public struct Validation: Sendable, Equatable {
    public enum State: String, Sendable {
        case ok
        /// It can be migrated; an operator should weigh it first.
        case warning
        case fail
        /// It could not be found out, or was not asked.
        case unknown
    }

    public struct Check: Sendable, Equatable {
        /// As the command prints it: `capacity`, `network_latency`.
        public let name: String
        public let state: State
        /// What was measured, where that is the answer: `5ms`, `10 minutes`.
        public let value: String?
        /// For a warning or a failure a sentence: what, at which server, and what to do next.
        public let reason: String?
    }

    /// Nothing failed.
    public let canStart: Bool
    public let checks: [Check]

    init(_ report: ValidationReport) {
        canStart = report.canStart
        checks = report.checks.map { check in
            let state: State =
                switch check.state {
                case .ok: .ok
                case .warning: .warning
                case .fail: .fail
                case .unknown: .unknown
                }
            return Check(name: check.name.rawValue, state: state, value: check.value, reason: check.reason)
        }
    }
}

extension MigrationManager {
    /// Asks both servers whether the tenant could be migrated, as `migrate` does before it begins, and more.
    ///
    /// - Throws: `configuration` where the question itself cannot be. That a server is unfit, or cannot be reached, is
    ///   no error: see `Validation`.
    public func validate(
        tenant: String,
        target: String,
        config: MigrationConfig? = nil
    ) async throws(MigrationError) -> Validation {
        let config = config ?? self.config
        let (plan, endpoints) = try MigrationError.translating { try config.plan(tenant: tenant, target: target) }
        return Validation(await validator(plan, endpoints, config).run())
    }
}

extension MigrationManager {
    func validator(_ plan: MigrationPlan, _ endpoints: MigrationEndpoints, _ config: MigrationConfig) -> Validator {
        let settings = ValidationSettings(
            skipped: config.verifyCapacity ? [] : [.capacity],
            earlierMoves: earlierMoves(before: plan)
        )
        return Validator(plan: plan, endpoints: endpoints, settings: settings)
    }

    func earlierMoves(before plan: MigrationPlan) -> [EarlierMove] {
        journal.earlierMoves(before: plan) { self.endpoints($0) }
    }
}

import FoundationEssentials
import MigrationCore
import MigrationEngine

/// A phase that `--wait` waits for.
enum PhaseGoal: String, CaseIterable {
    case initialSync = "initial_sync"
    case liveSync = "live_sync"
    case cleanup
    case completed

    init(parsing text: String) throws(CommandFailure) {
        guard let goal = PhaseGoal(rawValue: text) else {
            let allowed = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(
                .usage,
                "--wait cannot be '\(CommandFailure.printable(text))': allowed is \(allowed)"
            )
        }
        self = goal
    }

    /// Whether it is in this phase or one that comes after it. One that is cut off from a server follows nothing.
    func isReached(by status: MigrationStatus) -> Bool {
        switch status.phase {
        case .preparing, .paused, .failed, .cancelled, .superseded: false
        case .initialSync: self == .initialSync
        case .liveSync where status.reconnecting != nil: self == .initialSync
        case .liveSync, .cutover: self == .initialSync || self == .liveSync
        case .cleanup: self != .completed
        case .completed: true
        }
    }

    /// Polls until the phase is reached; a migration that ends before is a failure. The progress goes to standard
    /// error.
    func wait(for migration: KnownMigration, _ context: CommandContext) async throws -> MigrationStatus {
        var view = ProgressView(context)
        defer { view.end() }
        while true {
            let status = try await migration.status(context)
            view.show(status, at: Date())
            // It has yet to be found out where a cutover has left the migration.
            if isReached(by: status), status.fenceUpAt == nil { return status }
            if let failure = status.staysFenced(at: Date()) { throw CommandFailure(failure) }
            if let error = status.error, status.phase.isFinal { throw CommandFailure(error) }
            guard !status.phase.isFinal, migration.folder.isLive else {
                throw CommandFailure(
                    .failed,
                    "\(status.migrationID) ended in \(status.phase.rawValue): \(status.note ?? "")"
                )
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

extension MigrationStatus {
    /// Why a fence does not come down; nil as long as that may be a matter of moments.
    fileprivate func staysFenced(at now: Date) -> MigrationFailure? {
        guard let fenceUpAt, let reconnecting else { return nil }
        guard now.timeIntervalSince(reconnecting.since) > MigrationHealth.patience else { return nil }
        return MigrationFailure(
            .notNow,
            "the fence of a cutover may still be up at \(fenceUpAt), and its worker tries to lower it: "
                + reconnecting.reason
        )
    }
}

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

    /// Whether `phase` is this one or one that comes after it.
    func isReached(in phase: MigrationPhase) -> Bool {
        switch phase {
        case .preparing, .paused, .failed, .cancelled: false
        case .initialSync: self == .initialSync
        case .liveSync, .cutover: self == .initialSync || self == .liveSync
        case .cleanup: self != .completed
        case .completed: true
        }
    }

    /// Polls until the phase is reached; a migration that ends before is a failure. The progress goes to standard
    /// error where that is a terminal.
    func wait(for migration: KnownMigration, _ context: CommandContext) async throws -> MigrationStatus {
        var view = ProgressView(context)
        let shows = context.console.errorIsTerminal
        defer { if shows { view.end() } }
        while true {
            let status = try await migration.status(context)
            if shows { view.show(status, at: Date()) }
            if isReached(in: status.phase) { return status }
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

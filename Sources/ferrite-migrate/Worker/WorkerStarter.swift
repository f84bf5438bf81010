import ControlPlane
import FoundationEssentials
import MigrationCore
import MigrationEngine

/// Starts the detached worker of a migration, under a supervisor, and waits until it is ready.
struct WorkerStarter {
    let context: CommandContext

    /// A worker that fails before that gives its own message and exit code.
    func start(
        _ prepared: PreparedPlan,
        _ migration: KnownMigration
    ) async throws(CommandFailure) -> MigrationStatus {
        let process = try spawn(prepared)
        context.detail("the supervisor of \(migration.folder.id) is process \(process.processID)")
        let client = migration.client
        let start: WorkerStart
        do {
            start = try await process.waitUntilReady { try? await client.status() }
        } catch {
            throw CommandFailure(error)
        }
        switch start {
        case .running(let status):
            context.detail("the worker of \(status.migrationID) runs; its log is \(migration.folder.workerLog)")
            if status.phase == .failed || status.phase == .superseded, let error = status.error {
                throw CommandFailure(error)
            }
            return status
        case .ended(let contents):
            guard let error = contents.status.error else { throw CommandFailure(.failed, contents.status.note) }
            throw CommandFailure(error)
        }
    }

    private func spawn(_ prepared: PreparedPlan) throws(CommandFailure) -> WorkerProcess {
        do {
            return try WorkerProcess.start(
                prepared.plan,
                as: .supervisor,
                in: context.journal,
                options: context.logStyle.arguments,
                secrets: prepared.workerSecrets(in: context.journal),
                environment: ProcessInfo.processInfo.environment
            )
        } catch {
            throw CommandFailure(error.failure)
        }
    }
}

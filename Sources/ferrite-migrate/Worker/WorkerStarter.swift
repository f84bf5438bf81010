import ControlPlane
import FoundationEssentials
import MigrationCore
import MigrationEngine

/// Starts the detached worker of a migration that was just created, and waits until the copying has begun.
struct WorkerStarter {
    let context: CommandContext

    /// A worker that fails before that gives its own message and exit code.
    func start(_ prepared: PreparedPlan, _ migration: KnownMigration) async throws(CommandFailure) -> MigrationStatus {
        let process = try spawn(prepared)
        let client = migration.client
        let start: WorkerStart
        do {
            start = try await process.waitUntilReady { try? await client.status() }
        } catch {
            throw CommandFailure(error)
        }
        switch start {
        case .running(let status): return status
        case .ended(let contents):
            guard let error = contents.status.error else { throw CommandFailure(.failed, contents.status.note) }
            throw CommandFailure(error)
        }
    }

    private func spawn(_ prepared: PreparedPlan) throws(CommandFailure) -> WorkerProcess {
        let secrets = WorkerSecrets(
            sourcePassword: prepared.sourcePassword,
            targetPassword: prepared.targetPassword
        )
        do {
            return try WorkerProcess.start(
                prepared.plan,
                in: context.journal,
                secrets: secrets,
                environment: ProcessInfo.processInfo.environment
            )
        } catch {
            throw CommandFailure(error.failure)
        }
    }
}

import FoundationEssentials
import Logging
import MigrationCore
import MigrationEngine

/// A migration in the process that was asked for it, with its progress on standard error.
struct ForegroundRun {
    let reservation: MigrationReservation
    let context: CommandContext

    func run(_ prepared: PreparedPlan) async throws {
        let secrets = WorkerSecrets(prepared)
        // Only what went wrong: the rest is what the progress shows.
        let logger = WorkerLog.logger(context.console, level: .error)
        let worker = try await WorkerRun.open(reservation.folder, secrets: secrets, logger: logger)
        // From here on the worker's own lock speaks for the migration.
        reservation.release()
        let progress = Task { await showProgress(worker.runner) }
        let status = await worker.run()
        progress.cancel()
        await progress.value
        context.write(status.fields)
        if let failure = status.failureAtEnd { throw failure }
    }

    /// The seed's lines once the copying has begun, and the progress until cancelled.
    private func showProgress(_ runner: MigrationRunner) async {
        var view = ProgressView(context)
        var hasBegun = false
        while !Task.isCancelled {
            let status = await runner.status()
            if !hasBegun, PhaseGoal.initialSync.isReached(in: status.phase) {
                hasBegun = true
                context.write(status.startedFields)
            }
            view.show(status, at: Date())
            try? await Task.sleep(for: ProgressView.interval)
        }
        view.show(await runner.status(), at: Date())
        view.end()
    }
}

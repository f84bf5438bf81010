import FoundationEssentials
import Logging
import MigrationCore
import MigrationEngine

/// A migration in the process that was asked for it, with its progress on standard error.
struct ForegroundRun {
    let reservation: MigrationReservation
    let context: CommandContext

    func run(_ prepared: PreparedPlan) async throws {
        let secrets = prepared.workerSecrets(in: context.journal)
        // Only what went wrong: the rest is what the progress shows.
        let logger = context.logger(level: .error)
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
        // A last look after the end: a short life may have begun since the one before.
        var isLast = false
        while true {
            let status = await runner.status()
            if !hasBegun, PhaseGoal.initialSync.isReached(by: status) {
                hasBegun = true
                context.write(status.startedFields)
            }
            view.show(status, at: Date())
            if isLast { break }
            try? await Task.sleep(for: ProgressView.interval)
            isLast = Task.isCancelled
        }
        view.end()
    }
}

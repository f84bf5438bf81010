import ControlPlane
import FoundationEssentials
import MigrationCore
import MigrationEngine

/// Asks a worker to cut over, once or until it does.
struct CutoverAttempt {
    let migration: KnownMigration
    let worker: ControlClient
    let options: CutoverOptions
    /// Return when the comparison across the switch has ended.
    let untilVerified: Bool

    func now() async throws(CommandFailure) -> CutoverReport {
        do {
            return try await worker.cutover(options, waitForVerification: untilVerified)
        } catch {
            throw failure(error)
        }
    }

    /// Asks again while what the cutover met may pass by itself, for `seconds`, or without end where that is nil. The
    /// worker has the guards, and so it has the words for what is missing.
    func whenReady(within seconds: Int?, _ context: CommandContext) async throws -> CutoverReport {
        let end = seconds.map { ContinuousClock.now + .seconds($0) }
        var view = ProgressView(context)
        let shows = context.console.errorIsTerminal
        defer { if shows { view.end() } }
        var tries = CutoverTries()
        while true {
            if let report = try await attempt(&tries) { return report }
            repeat {
                if let end, ContinuousClock.now >= end { throw notReady(within: seconds ?? 0, tries) }
                if shows, let status = try? await worker.status() { view.show(status, at: Date()) }
                try await Task.sleep(for: .milliseconds(200))
            } while !tries.isDue(at: Date())
        }
    }

    /// Nil where it has to be tried again.
    private func attempt(_ tries: inout CutoverTries) async throws(CommandFailure) -> CutoverReport? {
        do {
            let report = try await worker.cutover(options, waitForVerification: untilVerified)
            guard case .back(let failure) = report.outcome, failure.mayPass else { return report }
            tries.wentBack(failure, at: Date())
        } catch .failed(let failure) where failure.mayPass {
            tries.refused(failure, at: Date())
        } catch .noWorker where migration.folder.isLive {
            tries.refused(MigrationFailure(.notNow, "its worker died, and another is being started"), at: Date())
        } catch {
            throw failure(error)
        }
        return nil
    }

    private func notReady(within seconds: Int, _ tries: CutoverTries) -> CommandFailure {
        let time = Quantity.duration(seconds: Double(seconds))
        let reason = tries.obstacle?.message ?? "try again"
        return CommandFailure(.notNow, "\(migration.folder.id) was not cut over within \(time): \(reason)")
    }

    private func failure(_ error: ControlError) -> CommandFailure {
        guard case .disconnected = error else { return CommandFailure(error) }
        let id = migration.folder.id
        return CommandFailure(
            .failed,
            "the worker of \(id) ended before it answered, so traffic may be switched or not: run status \(id), which "
                + "lowers a fence that was left behind; from phase cleanup on the clients belong to the target"
        )
    }
}

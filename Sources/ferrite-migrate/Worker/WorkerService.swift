import ControlPlane
import MigrationCore
import MigrationEngine

/// What a worker does when it is asked: its migration's runner does it.
struct WorkerService: ControlService {
    let runner: MigrationRunner
    let metrics: WorkerMetrics

    func status() async -> MigrationStatus {
        var status = await runner.status()
        status.metricsAddress = metrics.address
        return status
    }

    func cutover(
        _ options: CutoverOptions,
        waitForVerification: Bool
    ) async throws(MigrationFailure) -> CutoverReport {
        let outcome = try await runner.cutover(options)
        guard waitForVerification, case .switched = outcome else { return CutoverReport(outcome: outcome) }
        let verification = await runner.verification()
        return CutoverReport(outcome: outcome, verification: verification, failure: await runner.status().error)
    }

    func verify(sample: Int?) async throws(MigrationFailure) -> VerificationReport {
        try await runner.verify(sample: sample)
    }

    func pause() async throws(MigrationFailure) -> MigrationStatus {
        try await runner.pause()
        return await status()
    }

    func resume() async throws(MigrationFailure) -> MigrationStatus {
        try await runner.resume()
        return await status()
    }

    func cancel(force: Bool) async throws(MigrationFailure) -> CancelReport {
        try await runner.cancel(force: force)
    }

    func schedule(_ schedule: CutoverSchedule) async throws(MigrationFailure) -> ScheduleReport {
        ScheduleReport(now: schedule, before: try await runner.schedule(schedule))
    }

    func unschedule() async throws(MigrationFailure) -> ScheduleReport {
        ScheduleReport(before: try await runner.unschedule())
    }

    func update(_ update: TransferUpdate) async throws(MigrationFailure) -> MigrationStatus {
        try await runner.update(update)
        return await status()
    }

    func stop() async {
        await runner.stop(signal: "stop")
    }
}

import ControlPlane
import MigrationCore
import MigrationEngine

/// What a worker does when it is asked: its migration's runner does it.
struct WorkerService: ControlService {
    let runner: MigrationRunner

    func status() async -> MigrationStatus {
        await runner.status()
    }

    func cutover(
        _ options: CutoverOptions,
        waitForVerification: Bool
    ) async throws(MigrationFailure) -> CutoverReport {
        let outcome = try await runner.cutover(options)
        guard waitForVerification, case .switched = outcome else { return CutoverReport(outcome: outcome) }
        return CutoverReport(outcome: outcome, verification: await runner.verification())
    }

    func verify(sample: Int?) async throws(MigrationFailure) -> VerificationReport {
        try await runner.verify(sample: sample)
    }

    func pause() async throws(MigrationFailure) -> MigrationStatus {
        try await runner.pause()
        return await runner.status()
    }

    func resume() async throws(MigrationFailure) -> MigrationStatus {
        try await runner.resume()
        return await runner.status()
    }

    func cancel(force: Bool) async throws(MigrationFailure) -> CancelReport {
        try await runner.cancel(force: force)
    }

    func stop() async {
        await runner.stop(signal: "stop")
    }
}

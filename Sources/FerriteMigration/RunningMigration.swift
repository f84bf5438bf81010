import FoundationEssentials
import Logging
import MigrationCore
import MigrationEngine
import NIOPosix

/// A migration that runs in this process, from its reservation to its last status.
struct RunningMigration: Sendable {
    let runner: MigrationRunner
    private let life: Task<MigrationCore.MigrationStatus, Never>

    /// - Parameter cancelling: Whether the migration is to be cancelled and not to go on, and then whether by force.
    init(
        endpoints: MigrationEndpoints,
        earlierMoves: [EarlierMove],
        reservation: MigrationReservation,
        logger: Logger,
        cancelling: Bool? = nil
    ) throws(JournalError) {
        let (journal, contents) = try Journal.open(reservation.folder)
        let runner = MigrationRunner(
            journal: journal,
            contents: contents,
            endpoints: endpoints,
            earlierMoves: earlierMoves,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
        self.runner = runner
        life = Task { if let cancelling { await runner.runCancel(force: cancelling) } else { await runner.run() } }
    }

    /// Returns when the copying has begun, or when it never will. A caller's cancellation ends neither.
    func begun() async -> MigrationCore.MigrationStatus {
        let wait = Task { [runner] in
            while true {
                let (status, isOver) = (await runner.status(), await runner.isOver)
                if status.phase != .preparing || isOver { return status }
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
        return await wait.value
    }

    @discardableResult
    func end() async -> MigrationCore.MigrationStatus { await life.value }

    /// Compares now, or waits for what the comparison across the switch finds; nil where there is none.
    func verification() async throws(MigrationFailure) -> VerificationReport? {
        switch await runner.status().phase {
        case .cleanup, .completed, .failed, .cancelled, .superseded: break
        case .preparing, .initialSync, .liveSync, .cutover, .paused: return try await runner.verify(sample: nil)
        }
        if let report = await runner.verification() { return report }
        let status = await end()
        if let failure = status.error { throw failure }
        return nil
    }
}

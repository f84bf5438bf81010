import ArgumentParser
import ControlPlane
import MigrationCore
import MigrationEngine

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a migration that is paused, interrupted or failed.",
        discussion: """
            Where no worker lives, whatever ended it, a new one is started. It follows the source's changes from where \
            the last one had written everything, and compares the names of keys; only where the source no longer has \
            those changes is everything copied again. Resuming a migration that runs is no error.
            """
    )

    @Argument(help: "A migration's id.")
    var id: String

    @Option(
        help: ArgumentHelp(
            "Return when this phase is reached: initial_sync, live_sync, cleanup or completed.",
            valueName: "phase"
        ),
        completion: .list(PhaseGoal.allCases.map(\.rawValue))
    )
    var wait: String?

    @OptionGroup
    var login: LoginArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let goal = try wait.map { try PhaseGoal(parsing: $0) }
        let context = try CommandContext(common, login)
        let migration = try KnownMigration(id, in: context)
        var status = try await resume(migration, context)
        if let goal { status = try await goal.wait(for: migration, context) }
        context.write(status.fields)
    }

    /// Two that resume at the same moment come one after the other: the second finds the first one's worker.
    private func resume(
        _ migration: KnownMigration,
        _ context: CommandContext
    ) async throws(CommandFailure) -> MigrationStatus {
        let hold: MigrationReservation
        do throws(JournalError) {
            hold = try migration.folder.reserve()
        } catch {
            throw CommandFailure(error)
        }
        defer { withExtendedLifetime(hold) {} }
        if !migration.folder.isWorkerAlive, !migration.folder.isSupervised {
            let status = try await start(migration, context)
            guard status.phase == .paused else { return status }
        }
        return try await ask(migration, context)
    }

    /// A worker that has just died is started again by its supervisor.
    private func ask(
        _ migration: KnownMigration,
        _ context: CommandContext
    ) async throws(CommandFailure) -> MigrationStatus {
        for attempt in 0... {
            do {
                return try await migration.client.resume()
            } catch .noWorker where attempt < Self.attempts && migration.folder.isSupervised {
                try? await Task.sleep(for: .milliseconds(100))
            } catch .noWorker where !migration.folder.isWorkerAlive {
                // It has ended since: with the migration, or in the middle of it.
                return try await start(migration, context)
            } catch {
                throw CommandFailure(error)
            }
        }
        throw CommandFailure(.notNow, "the worker of \(id) does not answer; try again")
    }

    private static let attempts = 100

    private func start(
        _ migration: KnownMigration,
        _ context: CommandContext
    ) async throws(CommandFailure) -> MigrationStatus {
        let contents = try migration.contents(context)
        let phase = contents.status.phase
        guard phase != .completed, phase != .cancelled else {
            throw CommandFailure(.failed, "\(id) cannot be resumed: it is \(phase.rawValue) already")
        }
        let prepared = try context.settings.passwords(for: contents.plan, warn: context.warn)
        return try await WorkerStarter(context: context).start(prepared, migration) { $0.phase != .preparing }
    }
}

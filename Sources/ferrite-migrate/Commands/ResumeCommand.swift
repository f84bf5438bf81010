import ArgumentParser
import ControlPlane
import FoundationEssentials
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

            Metrics and hooks stay as they were; --metrics-listen, --metrics-file and --hooks give the new worker, and \
            those after it, others, and 'none' takes one away.
            """
    )

    @Argument(help: "A migration's id.", completion: .migrationID)
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

    @OptionGroup
    var metrics: MetricsArguments

    @OptionGroup
    var programs: HookArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let goal = try wait.map { try PhaseGoal(parsing: $0) }
        let context = try CommandContext(common, login, metrics, programs)
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
        try migration.refuseEnded(to: "be resumed", context)
        guard try !migration.contents(context).machine.isCancelling else {
            throw CommandFailure(
                .failed,
                "\(id) cannot be resumed: it is being cancelled; finish that with cancel \(id)"
            )
        }
        try await migration.relieve(context)
        let hold: MigrationReservation
        do throws(JournalError) {
            hold = try migration.folder.reserve()
        } catch {
            throw CommandFailure(error)
        }
        defer { withExtendedLifetime(hold) {} }
        if let status = try await ask(migration) {
            let given = [metrics.given, programs.given, login.given]
            if given.contains(where: { !$0.isEmpty }), let worker = migration.folder.workerProcessID {
                context.warn(
                    "\(id) has a worker; its passwords, metrics and hooks stay as they are: to change them end it (kill "
                        + "\(worker)) and run resume again"
                )
            }
            return status
        }
        let status = try await start(migration, context)
        guard status.phase == .paused else { return status }
        return try await ask(migration) ?? status
    }

    private func ask(_ migration: KnownMigration) async throws(CommandFailure) -> MigrationStatus? {
        try await migration.ask { client throws(ControlError) in try await client.resume() }
    }

    private func start(
        _ migration: KnownMigration,
        _ context: CommandContext
    ) async throws(CommandFailure) -> MigrationStatus {
        // It may have ended while its worker was asked.
        try migration.refuseEnded(to: "be resumed", context)
        let contents = try migration.contents(context)
        let prepared = try context.settings.passwords(for: contents.plan, warn: context.warn)
        try await placeWorker(migration, contents, context)
        return try await WorkerStarter(context: context).start(prepared, migration)
    }

    /// What the new worker does beside the migration, where it is given anew: the journal keeps it for those that come
    /// after it. A place that was given earlier and is taken now must not keep a migration from going on.
    private func placeWorker(
        _ migration: KnownMigration,
        _ contents: JournalContents,
        _ context: CommandContext
    ) async throws(CommandFailure) {
        guard !metrics.given.isEmpty || !programs.given.isEmpty else { return }
        let worker = try context.settings.workerOptions(after: contents.workerOptions)
        if worker.hooks != contents.workerOptions?.hooks { try worker.checkHooks(warn: context.warn) }
        try await MetricsPlaces(worker, of: contents.plan).check(in: context.journal)
        do {
            try migration.folder.record(.workerChanged(worker), to: "be resumed")
        } catch {
            throw CommandFailure(error)
        }
    }
}

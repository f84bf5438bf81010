import ArgumentParser
import FoundationEssentials
import MigrationCore
import MigrationEngine

struct MigrateCommand: AsyncParsableCommand {
    /// Migrations with a worker, in one journal folder.
    static let defaultMaxConcurrent = 5

    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Start to move a tenant to the target.",
        discussion: """
            Both servers are checked, then a worker is started that outlives the terminal: it copies the tenant's \
            keys and follows every change until cutover. The command returns once the copying has begun.
            """
    )

    @Argument(help: "The tenant's name, as it stands in its keys.")
    var tenant: String

    @OptionGroup
    var servers: ServerArguments

    @OptionGroup
    var transfer: TransferArguments

    @OptionGroup
    var metrics: MetricsArguments

    @OptionGroup
    var programs: HookArguments

    @Flag(help: "Stay, show the progress and return when the migration has ended.")
    var foreground = false

    @Option(
        help: ArgumentHelp(
            "Return when this phase is reached: initial_sync, live_sync, cleanup or completed.",
            valueName: "phase"
        ),
        completion: .list(PhaseGoal.allCases.map(\.rawValue))
    )
    var wait: String?

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func validate() throws {
        if foreground, wait != nil {
            throw ValidationError("--foreground and --wait exclude each other; give one of them")
        }
    }

    func run() async throws {
        let goal = try wait.map { try PhaseGoal(parsing: $0) }
        let context = try CommandContext(common, servers, transfer, metrics, programs)
        let prepared = try context.settings.plan(tenant: tenant, replace: transfer.replace, warn: context.warn)
        let reservation = try await admit(prepared, context)
        if foreground {
            try await ForegroundRun(reservation: reservation, context: context).run(prepared)
        } else {
            try await detach(prepared, reservation, goal, context)
        }
    }

    /// Both servers are asked before anything is created, and the journal before the servers: that the tenant is being
    /// migrated already says more than that the target holds its keys.
    private func admit(
        _ prepared: PreparedPlan,
        _ context: CommandContext
    ) async throws(CommandFailure) -> MigrationReservation {
        await lowerFences(of: prepared.plan.scope, context)
        let limit = context.settings.number(.maxConcurrent) ?? Self.defaultMaxConcurrent
        do throws(JournalError) {
            try context.journal.admit(prepared.plan, maxConcurrent: limit)
        } catch {
            throw CommandFailure(error)
        }
        try await MetricsPlaces(prepared.plan.worker, of: prepared.plan).check(in: context.journal)
        context.detail("asking source \(prepared.plan.source.address) and target \(prepared.plan.target.address)")
        do throws(MigrationFailure) {
            // What is said of the connections was said when the plan was made.
            for check in try await context.validator(prepared).mustPass() where check.name != .connectivity {
                context.warn("\(check.name.rawValue): \(check.reason ?? "")")
            }
        } catch {
            throw CommandFailure(error)
        }
        context.detail("both servers were connected to and allow the migration")
        do throws(JournalError) {
            let reservation = try context.journal.create(prepared.plan, maxConcurrent: limit, at: Date())
            context.detail("the journal of \(prepared.plan.id) is in \(context.journal.path)")
            return reservation
        } catch {
            throw CommandFailure(error)
        }
    }

    /// A fence that an earlier migration of the tenant has left behind would be copied as the users' own rules.
    private func lowerFences(of scope: TenantScope, _ context: CommandContext) async {
        for id in (try? context.journal.migrations()) ?? [] {
            guard let migration = try? KnownMigration(id, in: context), !migration.folder.isLive else { continue }
            guard (try? JournalContents.read(migration.folder))?.plan.scope == scope else { continue }
            await migration.lowerFence(context)
        }
    }

    private func detach(
        _ prepared: PreparedPlan,
        _ reservation: MigrationReservation,
        _ goal: PhaseGoal?,
        _ context: CommandContext
    ) async throws {
        let migration = KnownMigration(reservation.folder)
        do {
            var status = try await WorkerStarter(context: context).start(prepared, migration)
            reservation.release()
            if let goal { status = try await goal.wait(for: migration, context) }
            context.write(status.startedFields)
        } catch {
            // Whatever is to be done now, its id is needed.
            if let status = try? await migration.status(context) { context.write(status.startedFields) }
            throw error
        }
    }
}

extension MigrateCommand: RefusedAtPrompt {
    var refusalAtPrompt: String? {
        guard foreground else { return nil }
        return "--foreground would end the migration with the prompt: leave it out; --wait completed waits as long"
    }
}

extension MigrationStatus {
    /// The seed's three lines.
    var startedFields: [OutputField] {
        let isCopying = phase == .initialSync
        return [
            .init("migration_id", .text(migrationID)),
            .init("status", .state(isCopying ? "syncing" : phase.rawValue)),
            .init("progress", .percent(progress)),
        ]
    }
}

import ArgumentParser
import ControlPlane
import Logging
import MigrationCore
import MigrationEngine

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Give a migration up and remove its copy from the target.",
        discussion: """
            The worker stops, a fence is lowered, and what this migration put at the target is removed there, its \
            keys and its users. The source is not touched. Keys of the tenant that somebody else wrote at the target \
            are named and left, unless --force. After the switch a migration cannot be cancelled: migrate the tenant \
            back instead. A cancel that was broken off is finished by calling it again.
            """
    )

    @Argument(help: "A migration's id.", completion: .migrationID)
    var id: String

    @Flag(help: "Remove every key of the tenant at the target, also those that this migration did not put there.")
    var force = false

    @OptionGroup
    var login: LoginArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let context = try CommandContext(common, login)
        let migration = try KnownMigration(id, in: context)
        let report = try await report(migration, context)
        context.write([.init("migration_id", .text(id)), .init("status", .state("cancelled"))] + report.fields)
        if report.keysLeft > 0 {
            context.warn(
                "\(Quantity.plural(report.keysLeft, "key")) of the tenant at the target did not come from this "
                    + "migration, as far as can be told, and are left there; remove by hand what is not wanted (cancel "
                    + "--force would have removed them with the rest)"
            )
        }
    }

    private func report(
        _ migration: KnownMigration,
        _ context: CommandContext
    ) async throws(CommandFailure) -> CancelReport {
        if let report = try earlierReport(migration.contents(context)) { return report }
        try migration.checkCounts(to: "be cancelled", context)
        try await migration.relieve(context)
        let force = force
        let answer = try await migration.ask { client throws(ControlError) in try await client.cancel(force: force) }
        if let answer { return answer }
        // It may have ended while it was asked.
        let contents = try migration.contents(context)
        if let report = try earlierReport(contents) { return report }
        let prepared = try context.settings.passwords(for: contents.plan, warn: context.warn)
        return try await cancelHere(migration, prepared, context)
    }

    /// What the journal answers: that it is done, or can no more be done.
    private func earlierReport(_ contents: JournalContents) throws(CommandFailure) -> CancelReport? {
        if contents.status.phase == .cancelled, let report = contents.status.cancel { return report }
        do { try contents.checkCancel() } catch { throw CommandFailure(error) }
        return nil
    }

    /// No worker lives: this process does what it would.
    private func cancelHere(
        _ migration: KnownMigration,
        _ prepared: PreparedPlan,
        _ context: CommandContext
    ) async throws(CommandFailure) -> CancelReport {
        let secrets = prepared.secrets
        let logger = context.logger(level: .critical)
        let worker = try await WorkerRun.open(migration.folder, secrets: secrets, logger: logger)
        let status = try await worker.cancel(force: force)
        if let report = status.cancel { return report }
        throw status.error.map { CommandFailure($0) }
            ?? CommandFailure(.failed, "\(id) was not cancelled: it is in phase \(status.phase.rawValue)")
    }
}

extension CancelReport {
    var fields: [OutputField] {
        let users = OutputValue.array(usersRemoved.map { .text($0) })
        return [
            .init("keys_removed", .number(keysRemoved)),
            .init("keys_left", .number(keysLeft)),
            .init("users_removed", users, for: usersRemoved.isEmpty ? .programs : .all),
            .init("left_examples", .array(leftExamples.map { .text("\($0)") }), for: .programs),
        ] + leftExamples.map { .init("left", .text("\($0)"), for: .people) }
    }
}

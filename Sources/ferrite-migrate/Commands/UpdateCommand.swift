import ArgumentParser
import ControlPlane
import MigrationCore
import MigrationEngine

struct UpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Let a migration go slower or faster.",
        discussion: """
            Takes effect within a second and is written into the journal, so that it also holds after a resume. What \
            is not given stays as it is. In a cutover no limit counts, and nothing can be updated. Where no worker \
            lives the next one begins with it.
            """
    )

    @Argument(help: "A migration's id.", completion: .migrationID)
    var id: String

    @OptionGroup
    var pace: UpdateArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let context = try CommandContext(common)
        let update = try pace.update()
        let migration = try KnownMigration(id, in: context)
        try migration.refuseEnded(to: "be updated", context)
        if let status = try await ask(update, migration) { return context.write(status.fields) }
        if let status = try await record(update, migration, context) { return context.write(status.fields) }
        context.note("no worker of \(id) lives: what was updated counts from 'ferrite-migrate resume \(id)' on")
        context.write(try await migration.status(context).fields)
    }

    private func ask(
        _ update: TransferUpdate,
        _ migration: KnownMigration
    ) async throws(CommandFailure) -> MigrationStatus? {
        try await migration.ask { client throws(ControlError) in try await client.update(update) }
    }

    /// No worker lives: the journal is written here, unless somebody has started one meanwhile, who then answers.
    private func record(
        _ update: TransferUpdate,
        _ migration: KnownMigration,
        _ context: CommandContext
    ) async throws(CommandFailure) -> MigrationStatus? {
        await migration.lowerFence(context)
        let hold: MigrationReservation
        do throws(JournalError) {
            hold = try migration.folder.reserve()
        } catch {
            throw CommandFailure(error)
        }
        defer { withExtendedLifetime(hold) {} }
        if let status = try await ask(update, migration) { return status }
        try migration.refuseEnded(to: "be updated", context)
        do throws(MigrationFailure) {
            try migration.folder.record(.updated(update), to: "be updated")
        } catch {
            throw CommandFailure(error)
        }
        return nil
    }
}

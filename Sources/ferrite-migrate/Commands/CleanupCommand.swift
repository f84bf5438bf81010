import ArgumentParser
import FoundationEssentials
import MigrationCore
import MigrationEngine

struct CleanupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup",
        abstract: "Remove a tenant from the source it was moved from.",
        discussion: """
            Only after a migration is completed and its full comparison across the switch has found no difference: \
            the tenant's keys are removed from the source, a batch at a time, and then the users that were fenced \
            there and have no keys of others. Where the source has more keys of the tenant than were compared, \
            nothing is removed. A cleanup that was broken off is finished by calling it again.
            """
    )

    @Argument(help: "A migration's id.", completion: .migrationID)
    var id: String

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(
        help: """
            Remove also keys that have come since the comparison, those that could not be compared, and where a user that \
            no fence holds can write.
            """
    )
    var force = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Keys removed in a second, at most (default: \(SourceCleanup.defaultRate)).", valueName: "n")
    )
    var rate: String?

    @OptionGroup
    var login: LoginArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let context = try CommandContext(common, login)
        let rate = try rate.map { try OptionNumber.read($0, "--rate", SourceCleanup.rateRange) }
        let run = CleanupRun(
            migration: try KnownMigration(id, in: context),
            context: context,
            keysPerSecond: rate ?? SourceCleanup.defaultRate,
            force: force
        )
        context.write(try await run.run(asks: !yes))
    }
}

/// The removal of a tenant from its source, for `cleanup` and `cutover --cleanup`.
struct CleanupRun {
    let migration: KnownMigration
    let context: CommandContext
    var keysPerSecond = SourceCleanup.defaultRate
    var force = false

    /// - Parameter asks: Whether a person has to agree first.
    func run(asks: Bool) async throws -> [OutputField] {
        let (journal, contents) = try open()
        let prepared = try context.settings.passwords(for: contents.plan, warn: context.warn)
        let cleanup = SourceCleanup(
            contents: contents,
            endpoints: prepared.endpoints,
            keysPerSecond: keysPerSecond,
            force: force
        )
        do {
            try cleanup.check()
            if asks {
                try context.checkSomebodyCanBeAsked("cleanup")
                try agree(contents, removing: try await cleanup.checkedKeys())
            }
            try journal.keepReserve()
            let report = try await cleanup.run(journal)
            journal.giveReserveBack()
            return report.fields
        } catch let failure as MigrationFailure {
            throw CommandFailure(failure)
        } catch let error as JournalError {
            throw CommandFailure(error.failure(then: "run 'ferrite-migrate cleanup \(migration.folder.id)' again"))
        }
    }

    private func open() throws(CommandFailure) -> (Journal, JournalContents) {
        let contents = try migration.contents(context)
        try migration.checkCounts(to: "be cleaned up", context)
        do { try SourceCleanup.checkPhase(contents) } catch { throw CommandFailure(error) }
        do { return try Journal.open(migration.folder) } catch { throw CommandFailure(error) }
    }

    private func agree(_ contents: JournalContents, removing count: Int) throws(CommandFailure) {
        let keys = Quantity.plural(count, "key")
        let plan = contents.plan
        let question = "remove the \(keys) of tenant \(plan.tenant) from \(plan.source.address)? [y/N] "
        guard context.console.ask(question) else { throw CommandFailure(.failed, "nothing was removed") }
    }
}

extension CleanupReport {
    var fields: [OutputField] {
        func list(_ users: [String]) -> OutputValue { .array(users.map { .text($0) }) }
        return [
            .init("status", .state("cleaned")),
            .init("keys_removed", .number(keysRemoved)),
            .init("users_removed", list(usersRemoved), for: usersRemoved.isEmpty ? .programs : .all),
            .init("users_kept", list(usersKept), for: usersKept.isEmpty ? .programs : .all),
        ]
    }
}

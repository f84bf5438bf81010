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
            there. A cleanup that was broken off is finished by calling it again.
            """
    )

    @Argument(help: "A migration's id.")
    var id: String

    @Flag(help: "Do not ask.")
    var yes = false

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
        let rate = try rate.map(Self.number) ?? SourceCleanup.defaultRate
        let run = CleanupRun(migration: try KnownMigration(id, in: context), context: context, keysPerSecond: rate)
        context.write(try await run.run(asks: !yes))
    }

    private static func number(_ text: String) throws(CommandFailure) -> Int {
        let range = SourceCleanup.rateRange
        guard let number = Int(text), range.contains(number) else {
            let text = CommandFailure.printable(text)
            throw CommandFailure(
                .usage,
                "--rate cannot be '\(text)': allowed is a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }
}

/// The removal of a tenant from its source, for `cleanup` and `cutover --cleanup`.
struct CleanupRun {
    let migration: KnownMigration
    let context: CommandContext
    var keysPerSecond = SourceCleanup.defaultRate

    /// - Parameter asks: Whether a person has to agree first.
    func run(asks: Bool) async throws -> [OutputField] {
        let (journal, contents) = try open()
        let prepared = try context.settings.passwords(for: contents.plan, warn: context.warn)
        let cleanup = SourceCleanup(
            contents: contents,
            endpoints: prepared.endpoints,
            keysPerSecond: keysPerSecond
        )
        do {
            try cleanup.check()
            if asks { try agree(contents) }
            let report = try await cleanup.run()
            try journal.append(.cleaned(report), at: Date())
            return report.fields
        } catch let failure as MigrationFailure {
            throw CommandFailure(failure)
        } catch let error as JournalError {
            throw CommandFailure(error)
        }
    }

    private func open() throws(CommandFailure) -> (Journal, JournalContents) {
        do { return try Journal.open(migration.folder) } catch { throw CommandFailure(error) }
    }

    private func agree(_ contents: JournalContents) throws(CommandFailure) {
        guard context.console.inputIsTerminal else {
            throw CommandFailure(.usage, "cleanup removes data: give --yes where nobody can be asked")
        }
        let keys = Quantity.plural(contents.status.verification?.keysSource ?? 0, "key")
        let plan = contents.plan
        let question = "remove the \(keys) of tenant \(plan.tenant) from \(plan.source.address)? [y/N] "
        guard context.console.ask(question) else { throw CommandFailure(.failed, "nothing was removed") }
    }
}

extension CleanupReport {
    var fields: [OutputField] {
        [
            .init("status", .state("cleaned")),
            .init("keys_removed", .number(keysRemoved)),
            .init("users_removed", .array(usersRemoved.map { .text($0) })),
        ]
    }
}

import ArgumentParser
import ControlPlane
import MigrationCore
import MigrationEngine

struct VerifyCommand: AsyncParsableCommand {
    private static let sampleRange = 1...1_000_000_000

    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare the tenant's keys at source and target.",
        discussion: """
            Every key is compared by type, value and absolute expiry. While the migration lives a key that differs is \
            looked at again after the lag has passed. Of a completed migration the comparison across the switch is \
            shown, the last that could tell the tenant's new writes at the target from differences; --again compares \
            anew. The exit code is 2 where a difference is left. partly_verified means that no difference is known and \
            that keys of the types under not_compared could not be read.
            """
    )

    @Argument(help: "A migration's id.", completion: .migrationID)
    var id: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Compare the values of so many keys drawn at random, and the names of all.", valueName: "n")
    )
    var sample: String?

    @Flag(help: "Compare anew, although traffic was switched and the comparison across the switch is known.")
    var again = false

    @OptionGroup
    var login: LoginArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let sample = try sample.map { try OptionNumber.read($0, "--sample", Self.sampleRange) }
        let context = try CommandContext(common, login)
        let migration = try KnownMigration(id, in: context)
        let report = try await report(migration, sample: sample, context)
        context.write(report.fields(listing: 20, all: true))
        if report.outcome == .different { throw CommandFailure(.different) }
    }

    private func report(
        _ migration: KnownMigration,
        sample: Int?,
        _ context: CommandContext
    ) async throws(CommandFailure) -> VerificationReport {
        try migration.checkCounts(to: "be verified", context)
        if migration.folder.isLive {
            do {
                return try await migration.client.verify(sample: sample)
            } catch .noWorker, .disconnected {
                // It has ended since; then this process compares.
            } catch {
                throw CommandFailure(error)
            }
        }
        let contents = try migration.contents(context)
        // What changed since its worker died is not copied yet, and no difference.
        guard contents.status.phase.isFinal || !migration.folder.isSupervised else {
            throw CommandFailure(.notNow, "the worker of \(id) has just died and is started again; try again")
        }
        let switched = contents.status.verification
        if let switched, !again, sample == nil {
            context.note("this is the comparison across the switch; --again compares anew")
            return switched
        }
        if !contents.status.phase.isFinal || contents.status.phase == .failed, !contents.machine.isSwitched {
            context.warn(
                "no worker of \(id) lives: what changed at the source since it died is not copied yet, and differs; "
                    + "after resume \(id) it does not count"
            )
        }
        let report = try await compare(contents, sample: sample, context)
        if let switched {
            context.warn(
                "traffic was switched to \(contents.status.target), so keys that clients changed there since then "
                    + "differ; the comparison across the switch: \(switched.summary)"
            )
        }
        return report
    }

    private func compare(
        _ contents: JournalContents,
        sample: Int?,
        _ context: CommandContext
    ) async throws(CommandFailure) -> VerificationReport {
        let prepared = try context.settings.passwords(for: contents.plan, warn: context.warn)
        do {
            try await prepared.endpoints.findSource(contents)
            return try await CopyVerifier(plan: contents.plan, endpoints: prepared.endpoints).verify(sample: sample)
        } catch {
            throw CommandFailure(error)
        }
    }
}

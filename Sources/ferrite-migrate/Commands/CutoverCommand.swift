import ArgumentParser
import ControlPlane
import MigrationCore
import MigrationEngine

struct CutoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cutover",
        abstract: "Switch the tenant's clients to the target.",
        discussion: """
            The tenant's writes at the source are fenced off, the last changes are copied, both sides are compared by \
            count, and the tenant's users become writable at the target. It either succeeds, or the fence is down \
            again and live sync goes on. The source keeps its data and stays fenced.
            """
    )

    @Argument(help: "A migration's id.")
    var id: String

    @OptionGroup
    var cutover: CutoverArguments

    @Flag(help: "Return when the comparison across the switch has ended, and show it.")
    var wait = false

    @Flag(help: "Repeat the last cutover, which failed, with its options; those that are given count instead.")
    var retry = false

    @Flag(help: "Remove the tenant from the source once the comparison has found no difference; includes --wait.")
    var cleanup = false

    @OptionGroup
    var login: LoginArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    @OptionGroup
    var later: LaterCutoverArguments

    func run() async throws {
        let context = try CommandContext(common, cutover, login)
        let migration = try KnownMigration(id, in: context)
        let worker = try await migration.worker(to: "be cut over", context)
        let last = retry ? try lastOptions(migration, context) : nil
        let options = try context.settings.cutoverOptions(force: cutover.force, beginningWith: last)
        let waits = wait || cleanup
        let report: CutoverReport
        do {
            report = try await worker.cutover(options, waitForVerification: waits)
        } catch .disconnected {
            throw CommandFailure(
                .failed,
                "the worker of \(id) ended before it answered, so traffic may be switched or not: run status \(id), which "
                    + "lowers a fence that was left behind; from phase cleanup on the clients belong to the target"
            )
        } catch {
            throw CommandFailure(error)
        }
        switch report.outcome {
        case .back(let failure): throw CommandFailure(failure)
        case .switched(let downtime, let keys):
            let note = try? await migration.status(context).note
            if let note { context.warn(note) }
            context.write(Self.fields(report, downtime: downtime, keys: keys, note: note))
            if waits, options.verify != .none { try await judge(report.verification, of: migration, context) }
            if cleanup { try await clean(migration, context) }
        }
    }

    /// What the cutover that failed was asked for; its error is shown again.
    private func lastOptions(
        _ migration: KnownMigration,
        _ context: CommandContext
    ) throws(CommandFailure) -> CutoverOptions {
        let events = try migration.contents(context).events.map(\.event)
        var last: (options: CutoverOptions, failure: MigrationFailure?)?
        for event in events {
            if case .cutoverRequested(let options) = event { last = (options, nil) }
            if case .cutoverEnded(.back(let failure)) = event { last?.failure = failure }
        }
        guard let last, let failure = last.failure else {
            throw CommandFailure(.usage, "no cutover of \(id) has failed; leave --retry out")
        }
        context.note("the last cutover: \(failure.message)")
        return last.options
    }

    /// The worker ends with the comparison; then the journal can be written by this process.
    private func clean(_ migration: KnownMigration, _ context: CommandContext) async throws {
        for _ in 0..<300 where migration.folder.isLive { try await Task.sleep(for: .milliseconds(100)) }
        context.write(try await CleanupRun(migration: migration, context: context).run(asks: false))
    }

    private static func fields(
        _ report: CutoverReport,
        downtime: Double,
        keys: Int,
        note: String?
    ) -> [OutputField] {
        var fields: [OutputField] = [
            .init("status", .state("completed")),
            .init("downtime_ms", .decimal(downtime)),
            .init("keys_migrated", .number(keys)),
        ]
        if let verification = report.verification {
            fields.append(.init("verification", .state(verification.summary), for: .people))
            fields += verification.differences.prefix(20).map { .init("difference", .text($0.line), for: .people) }
            let all = verification.fields(listing: verification.differences.count)
            fields.append(.init("verification", .object(all), for: .programs))
        }
        if let note { fields.append(.init("note", .text(note), for: .programs)) }
        return fields
    }

    /// Clients are switched whatever comes of the comparison; the exit code still says what came of it.
    private func judge(
        _ verification: VerificationReport?,
        of migration: KnownMigration,
        _ context: CommandContext
    ) async throws(CommandFailure) {
        guard let verification else {
            let status = try await migration.status(context)
            throw status.error.map { CommandFailure($0) }
                ?? CommandFailure(.failed, "the worker ended before both sides were compared; run verify \(id)")
        }
        if verification.outcome == .different { throw CommandFailure(.different) }
    }
}

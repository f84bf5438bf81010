import ArgumentParser
import ControlPlane
import MigrationCore

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

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    @OptionGroup
    var later: LaterCutoverArguments

    func run() async throws {
        let context = try CommandContext(common, cutover)
        let options = try context.settings.cutoverOptions(force: cutover.force)
        let migration = try KnownMigration(id, in: context)
        let worker = try await migration.worker(to: "be cut over", context)
        let report: CutoverReport
        do {
            report = try await worker.cutover(options, waitForVerification: wait)
        } catch {
            throw CommandFailure(error)
        }
        switch report.outcome {
        case .back(let failure): throw CommandFailure(failure)
        case .switched(let downtime, let keys):
            context.write(Self.fields(report, downtime: downtime, keys: keys))
            if wait, options.verify != .none { try await judge(report.verification, of: migration, context) }
        }
    }

    private static func fields(_ report: CutoverReport, downtime: Double, keys: Int) -> [OutputField] {
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

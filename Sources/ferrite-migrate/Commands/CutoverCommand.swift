import ArgumentParser
import ControlPlane
import FoundationEssentials
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

    @Argument(help: "A migration's id.", completion: .migrationID)
    var id: String

    @OptionGroup
    var cutover: CutoverArguments

    @OptionGroup
    var schedule: ScheduleArguments

    @Flag(help: "Return when the comparison across the switch has ended, and show it.")
    var untilVerified = false

    @Flag(help: "Repeat the last cutover, which failed, with its options; those that are given count instead.")
    var retry = false

    @Flag(
        help: """
            Remove the tenant from the source once the comparison has found no difference; includes --until-verified.
            """
    )
    var cleanup = false

    @Flag(help: "With --cleanup: do not ask.")
    var yes = false

    @OptionGroup
    var planning: PlanningArguments

    @OptionGroup
    var login: LoginArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    @OptionGroup
    var later: LaterCutoverArguments

    func validate() throws {
        if planning.plan, schedule.isGiven || untilVerified || cleanup {
            throw ValidationError("--plan changes nothing and waits for nothing; leave the other flags out")
        }
        if yes, !cleanup { throw ValidationError("--yes belongs to --cleanup; leave it out") }
        guard schedule.isLater else { return }
        if untilVerified { try schedule.refuse("--until-verified") }
        if cleanup { try schedule.refuse("--cleanup") }
    }

    func run() async throws {
        let context = try CommandContext(common, cutover, schedule, planning, login)
        let (instant, patience) = (try schedule.instant(now: Date()), try schedule.waitSeconds())
        let migration = try KnownMigration(id, in: context)
        let scheduling = CutoverScheduling(migration: migration, context: context)
        if schedule.unschedule { return context.write(try await scheduling.unschedule()) }
        let last = retry ? try lastOptions(migration, context) : nil
        let options = try context.settings.cutoverOptions(force: cutover.force, beginningWith: last)
        if planning.plan {
            let planning = CutoverPlanning(migration: migration, context: context, options: options)
            return context.write(try await planning.run())
        }
        if let instant { return context.write(try await scheduling.schedule(at: instant, options: options)) }
        // Found out before anything has happened.
        if cleanup, !yes { try context.checkSomebodyCanBeAsked("--cleanup") }
        let attempt = CutoverAttempt(
            migration: migration,
            worker: try await migration.worker(to: "be cut over", context),
            options: options,
            untilVerified: untilVerified || cleanup
        )
        let interruption = await Self.explainInterruption(of: id, context)
        defer { interruption?.cancel() }
        let report = try await schedule.whenReady ? attempt.whenReady(within: patience, context) : attempt.now()
        try await show(report, of: migration, options, context)
    }

    /// Who waits no longer is told that the worker does not wait for him. The prompt says so itself.
    private static func explainInterruption(of id: String, _ context: CommandContext) async -> Task<Void, Never>? {
        guard !context.console.isOfPrompt else { return nil }
        return await EndingSignals.explain(
            "a cutover of \(id) that has begun goes on in its worker, and none is begun from here any more: run status \(id)",
            context.console
        )
    }

    private func show(
        _ report: CutoverReport,
        of migration: KnownMigration,
        _ options: CutoverOptions,
        _ context: CommandContext
    ) async throws {
        switch report.outcome {
        case .back(let failure): throw CommandFailure(failure)
        case .switched(let downtime, let keys):
            let status = try? await migration.status(context)
            let remarks = Remarks([status?.note, status?.strays])
            // A program finds them in the result.
            if context.renderer.format != .json { remarks.sentences.forEach(context.warn) }
            context.write(Self.fields(report, downtime: downtime, keys: keys, note: remarks.line))
            if untilVerified || cleanup, options.verify != .none { try await judge(report, of: migration, context) }
            if cleanup { try await clean(migration, context) }
        }
    }

    /// What the cutover that failed was asked for; its error is shown again.
    private func lastOptions(
        _ migration: KnownMigration,
        _ context: CommandContext
    ) throws(CommandFailure) -> CutoverOptions {
        guard let last = try migration.contents(context).lastCutover, let failure = last.failure else {
            throw CommandFailure(.usage, "no cutover of \(id) has failed; leave --retry out")
        }
        context.note("the last cutover: \(failure.message)")
        return last.options
    }

    /// The worker ends with the comparison; then the journal can be written by this process.
    private func clean(_ migration: KnownMigration, _ context: CommandContext) async throws {
        for _ in 0..<300 where migration.folder.isLive { try await Task.sleep(for: .milliseconds(100)) }
        context.write(try await CleanupRun(migration: migration, context: context).run(asks: !yes))
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
            fields += verification.differenceLines(20)
            let all = verification.fields(listing: verification.differences.count)
            fields.append(.init("verification", .object(all), for: .programs))
        }
        if let note { fields.append(.init("note", .text(note), for: .programs)) }
        return fields
    }

    /// Clients are switched whatever comes of the comparison; the exit code still says what came of it.
    private func judge(
        _ report: CutoverReport,
        of migration: KnownMigration,
        _ context: CommandContext
    ) async throws(CommandFailure) {
        guard let verification = report.verification else {
            throw report.failure.map { CommandFailure($0) }
                ?? CommandFailure(
                    .failed,
                    "traffic is switched, but the worker ended before both sides were compared; run resume \(id)"
                )
        }
        if verification.outcome == .different { throw CommandFailure(.different) }
    }
}

extension MigrationStatus {
    /// What was lost at the source, and what to do; nil where nothing was.
    fileprivate var strays: String? {
        guard let stragglers, stragglers > 0 else { return nil }
        return "\(Quantity.plural(stragglers, "write")) of the tenant's reached \(source) after the switch and "
            + "\(stragglers == 1 ? "is" : "are") not at \(target): stop that writer or send it there, and make good by hand "
            + "what it wrote"
    }
}

import ArgumentParser
import MigrationCore
import MigrationEngine

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Ask both servers whether a tenant could be migrated.",
        discussion: """
            Each check is ok, warning, fail or unknown, with the reason. Nothing that stays is changed at either \
            server. The exit code is 0 only when a migration could start.
            """
    )

    @Argument(help: "The tenant's name, as it stands in its keys.")
    var tenant: String

    @OptionGroup
    var servers: ServerArguments

    @OptionGroup
    var transfer: TransferArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let context = try CommandContext(common, servers, transfer)
        let prepared = try context.settings.plan(tenant: tenant, replace: transfer.replace, warn: context.warn)
        context.detail("asking source \(prepared.plan.source.address) and target \(prepared.plan.target.address)")
        let report = await context.validator(prepared).run()
        context.write(report.fields)
        // The reason stands in the result; only the exit code is left to give.
        if !report.canStart { throw CommandFailure(report.failure.map { ExitReason($0.kind) } ?? .failed) }
    }
}

extension CommandContext {
    func validator(_ prepared: PreparedPlan) -> Validator {
        let switches: [(Setting, ValidationCheck.Name)] = [
            (.verifyConnectivity, .connectivity), (.verifyCapacity, .capacity), (.verifyVersion, .versionCompatible),
        ]
        let skipped = switches.filter { !settings.isOn($0.0) }.map(\.1)
        let moves = journal.earlierMoves(before: prepared.plan) { prepared.secrets(ofEarlier: $0).endpoints($0) }
        return Validator(
            plan: prepared.plan,
            endpoints: prepared.endpoints,
            settings: ValidationSettings(skipped: Set(skipped), earlierMoves: moves)
        )
    }
}

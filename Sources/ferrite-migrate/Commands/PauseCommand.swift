import ArgumentParser
import ControlPlane
import MigrationCore
import MigrationEngine

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop copying, and go on noting what changes.",
        discussion: """
            Nothing more is read from or written to either server but the source's stream of changes, so that resume \
            goes on where pause stopped. A paused migration may be left for days: where the changed keys outgrow \
            their memory, resume copies again what it must. Pausing twice is no error.
            """
    )

    @Argument(help: "A migration's id.", completion: .migrationID)
    var id: String

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let context = try CommandContext(common)
        let migration = try KnownMigration(id, in: context)
        try migration.refuseEnded(to: "be paused", context)
        let answer = try await migration.ask { client throws(ControlError) in try await client.pause() }
        if let answer { return context.write(answer.fields) }
        let status = try await migration.status(context)
        guard status.phase != .paused else { return context.write(status.fields) }
        let ended = status.phase.isFinal ? "it is \(status.phase.rawValue)" : nil
        throw CommandFailure(.failed, "\(id) cannot be paused: \(ended ?? status.note ?? "it has no worker")")
    }
}

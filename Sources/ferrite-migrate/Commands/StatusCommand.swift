import ArgumentParser
import MigrationCore
import MigrationEngine

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show where a migration stands.",
        discussion: """
            ALL lists every migration that has not ended. The worker is asked while it lives; afterwards the journal \
            says what it left.
            """
    )

    @Argument(help: ArgumentHelp("A migration's id, or ALL.", valueName: "id|ALL"))
    var id: String

    @Flag(help: "Go on until the migration has ended: redrawn on a terminal, else one line for each change.")
    var watch = false

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let context = try CommandContext(common)
        if id.uppercased() == "ALL" {
            try await showAll(context)
        } else {
            try await showOne(KnownMigration(id, in: context), context)
        }
    }

    private func showOne(_ migration: KnownMigration, _ context: CommandContext) async throws {
        guard watch else { return context.write(try await migration.status(context).fields) }
        var view = WatchView(context)
        while !context.console.isClosed {
            let status = try await migration.status(context)
            view.show(status)
            if status.phase.isFinal { return }
            guard migration.folder.isLive else { throw CommandFailure(.failed, status.note) }
            try await Task.sleep(for: WatchView.interval)
        }
    }

    private func showAll(_ context: CommandContext) async throws {
        var view = WatchView(context)
        while true {
            let statuses = try await activeStatuses(context)
            guard watch else { return context.console.output(context.renderer.list(statuses.map(\.shortFields))) }
            view.show(statuses)
            if statuses.isEmpty || context.console.isClosed { return }
            try await Task.sleep(for: WatchView.interval)
        }
    }

    /// Those that have not ended. One that cannot be read is named on standard error and does not hide the others.
    private func activeStatuses(_ context: CommandContext) async throws(CommandFailure) -> [MigrationStatus] {
        let ids: [String]
        do {
            ids = try context.journal.migrations()
        } catch {
            throw CommandFailure(error)
        }
        var statuses: [MigrationStatus] = []
        for id in ids {
            do throws(CommandFailure) {
                let status = try await KnownMigration(id, in: context).status(context)
                if !status.phase.isFinal { statuses.append(status) }
            } catch {
                context.warn("\(id): \(error.message ?? "cannot be read")")
            }
        }
        return statuses
    }
}

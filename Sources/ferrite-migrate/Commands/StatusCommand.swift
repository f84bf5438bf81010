import ArgumentParser
import MigrationCore
import MigrationEngine

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show where a migration stands.",
        discussion: """
            ALL lists every migration that is neither completed nor cancelled. The worker is asked while it lives; afterwards the journal \
            says what it left.
            """
    )

    @Argument(help: ArgumentHelp("A migration's id, or ALL.", valueName: "id|ALL"), completion: .migrationID)
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
            // Asked first: the status of one that has no worker says what became of it.
            let isLive = migration.folder.isLive
            let status = try await migration.status(context)
            view.show(status, isLast: status.phase.isFinal || !isLive)
            if status.phase.isFinal { return }
            guard isLive else { throw CommandFailure(.failed, status.note) }
            try await Task.sleep(for: WatchView.interval)
        }
    }

    /// What cannot be read is named, and does not hide the others.
    private func showAll(_ context: CommandContext) async throws {
        var view = WatchView(context)
        var unread: [String: String] = [:]
        var watched: Set<String> = []
        while true {
            let (all, failures) = try await KnownMigration.all(context)
            let statuses = all.map(\.status).filter { !$0.phase.isOver || watched.contains($0.migrationID) }
            for (id, reason) in failures where unread[id] != reason { context.warn("\(id): \(reason)") }
            unread = failures
            guard watch else {
                context.console.output(context.renderer.list(statuses.map(\.shortFields)))
                break
            }
            watched.formUnion(statuses.map(\.migrationID))
            let isLast = statuses.allSatisfy(\.phase.isFinal)
            view.show(statuses, isLast: isLast)
            if isLast || context.console.isClosed { break }
            try await Task.sleep(for: WatchView.interval)
        }
        try KnownMigration.refuse(unread)
    }
}

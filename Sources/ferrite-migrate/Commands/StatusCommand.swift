import ArgumentParser
import MigrationCore
import MigrationEngine

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show where a migration stands.",
        discussion: """
            ALL lists every migration with which something is left to do: those that are not over, and those that are \
            completed and whose source was not cleaned up. With --all it lists every one that the journal holds. The \
            worker is asked while it lives; afterwards the journal says what it left, and the servers where the tenant's \
            clients can write.
            """
    )

    @Argument(help: ArgumentHelp("A migration's id, or ALL.", valueName: "id|ALL"), completion: .migrationID)
    var id: String

    @Flag(help: "With ALL: list also those with which nothing is left to do.")
    var all = false

    @Flag(help: "Go on until the migration has ended: redrawn on a terminal, else one line for each change.")
    var watch = false

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func validate() throws {
        if all, id.uppercased() != "ALL" { throw ValidationError("--all belongs to ALL; leave it out") }
    }

    func run() async throws {
        let context = try CommandContext(common)
        if id.uppercased() == "ALL" {
            try await showAll(context)
        } else {
            try await showOne(KnownMigration(id, in: context), context)
        }
    }

    private func showOne(_ migration: KnownMigration, _ context: CommandContext) async throws {
        guard watch else { return context.write(try await migration.shownStatus(context).fields) }
        var view = WatchView(context)
        while !context.console.isClosed {
            // Asked first: the status of one that has no worker says what became of it.
            let isLive = migration.folder.isLive
            let status = try await migration.shownStatus(context)
            view.show(status, isLast: status.phase.isFinal || !isLive)
            if status.phase.isFinal { return }
            guard isLive else { throw CommandFailure(.failed, status.note) }
            try await Task.sleep(for: WatchView.interval)
        }
    }

    /// All at once, so that servers that are away hold nobody up for long.
    private static func asked(_ listed: [KnownMigration.Read], _ context: CommandContext) async -> [MigrationStatus] {
        await withTaskGroup(of: (Int, MigrationStatus).self) { group in
            for (index, read) in listed.enumerated() {
                group.addTask { (index, await read.known.asking(read.status, context)) }
            }
            return await group.reduce(into: listed.map(\.status)) { $0[$1.0] = $1.1 }
        }
    }

    /// What cannot be read is named, and does not hide the others.
    private func showAll(_ context: CommandContext) async throws {
        var view = WatchView(context)
        var unread: [String: String] = [:]
        var watched: Set<String> = []
        while true {
            let (known, failures) = try await KnownMigration.all(context)
            let listed = known.filter { all || $0.status.needsSomebody || watched.contains($0.status.migrationID) }
            let statuses = await Self.asked(listed, context)
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

import ArgumentParser
import FoundationEssentials
import MigrationCore
import MigrationEngine

struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print the metrics of all migrations.",
        discussion: """
            All that the journal holds, also those that have ended, in the Prometheus text format, or as an array of \
            their series with --format json. Workers are asked while they live; afterwards the journal says what they left. For metrics that are \
            scraped or collected see --metrics-listen and --metrics-file of migrate.
            """
    )

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let context = try CommandContext(common)
        let (all, unread) = try await KnownMigration.all(context)
        for (id, reason) in unread.sorted(by: { $0.key < $1.key }) { context.warn("\(id): \(reason)") }
        let metrics = MigrationMetrics(
            all.map { MigrationMetrics.Migration($0.status, isRunning: $0.known.folder.isWorkerAlive) },
            unreadable: unread.count,
            at: Date()
        )
        context.console.output(context.renderer.metrics(metrics.families))
        try KnownMigration.refuse(unread)
    }
}

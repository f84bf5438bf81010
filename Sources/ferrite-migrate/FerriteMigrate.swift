import ArgumentParser
import MigrationCore

struct FerriteMigrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ferrite-migrate",
        abstract: "Move one tenant of a Redis-compatible server to another server while its clients keep working.",
        discussion: """
            A migration copies the tenant's keys, follows every change, and at the cutover switches the tenant's \
            clients to the target within milliseconds. It runs in a worker of its own, which outlives the terminal; \
            the other verbs talk to that worker.

            Settings come from ferrite.toml, then FERRITE_MIGRATE_* variables, then options; later ones win.
            """,
        version: Release.version,
        subcommands: [
            MigrateCommand.self, StatusCommand.self, PauseCommand.self, ResumeCommand.self, CancelCommand.self,
            UpdateCommand.self, CutoverCommand.self, VerifyCommand.self, CleanupCommand.self, ValidateCommand.self,
            MetricsCommand.self, ConfigCommand.self, ReplCommand.self, WorkerCommand.self, SupervisorCommand.self,
            FailPointsCommand.self,
        ]
    )
}

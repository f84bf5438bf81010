import ArgumentParser
import MigrationEngine

/// Lists the places at which FERRITE_MIGRATE_FAILPOINT can let a worker die, fail or hang; docs/faults.md explains them.
struct FailPointsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failpoints",
        abstract: "List the fail points.",
        shouldDisplay: false
    )

    func run() throws {
        EntryPoint.console.output(FailPoint.allCases.map { $0.rawValue + "\n" }.joined())
    }
}

import ArgumentParser
import MigrationEngine

/// The process that watches one migration's worker. `migrate` and `resume` start it and hand it the passwords at
/// standard input.
struct SupervisorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervisor",
        abstract: "Watch one migration's worker; started by migrate and resume.",
        shouldDisplay: false
    )

    @Argument
    var id: String

    @Option
    var journal: String

    func run() async throws {
        let root = JournalRoot(path: journal)
        let folder: MigrationFolder
        do {
            folder = try root.open(id)
        } catch {
            throw CommandFailure(error)
        }
        let secrets: WorkerSecrets
        do {
            secrets = try WorkerSecrets.read()
        } catch {
            throw CommandFailure(error.failure)
        }
        let logger = WorkerLog.logger(EntryPoint.console)
        try await Supervisor(root: root, folder: folder, secrets: secrets, logger: logger).run()
    }
}

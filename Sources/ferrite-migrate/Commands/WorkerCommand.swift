import ArgumentParser
import MigrationEngine

/// The detached process of one migration. `migrate` starts it and hands it the passwords at standard input.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run one migration; started by migrate.",
        shouldDisplay: false
    )

    @Argument
    var id: String

    @Option
    var journal: String

    func run() async throws {
        let folder: MigrationFolder
        do {
            folder = try JournalRoot(path: journal).open(id)
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
        let status = try await WorkerRun.open(folder, secrets: secrets, logger: logger, isDetached: true).run()
        if let failure = status.failureAtEnd { throw failure }
    }
}

import ArgumentParser
import Logging
import MigrationEngine

/// What the hidden verbs of a migration's own processes are started with: `WorkerProcess` writes it.
struct DetachedArguments: ParsableArguments {
    @Argument
    var id: String

    @Option
    var journal: String

    @Option
    var logFormat = LogFormat.text

    @Flag
    var verbose = false

    var logStyle: LogStyle { LogStyle(format: logFormat, isVerbose: verbose) }

    var logger: Logger { WorkerLog.logger(EntryPoint.console, logFormat, level: logStyle.level) }

    var root: JournalRoot { JournalRoot(path: journal) }

    /// The migration, and its passwords from standard input.
    func open() throws(CommandFailure) -> (folder: MigrationFolder, secrets: WorkerSecrets) {
        let folder: MigrationFolder
        do {
            folder = try root.open(id)
        } catch {
            throw CommandFailure(error)
        }
        do {
            return (folder, try WorkerSecrets.read())
        } catch {
            throw CommandFailure(error.failure)
        }
    }

    /// Does the process's work. What it ends with is a line of its log like every other.
    func work(_ logger: Logger, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let failure as CommandFailure {
            if let message = failure.message { logger.error("\(message)") }
            throw CommandFailure(failure.status)
        }
    }
}

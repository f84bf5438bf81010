import ArgumentParser

/// The detached process of one migration. `migrate` starts it and hands it the passwords at standard input.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run one migration; started by migrate.",
        shouldDisplay: false
    )

    @OptionGroup
    var detached: DetachedArguments

    func run() async throws {
        let (folder, secrets) = try detached.open()
        let logger = detached.logger
        try await detached.work(logger) {
            let status = try await WorkerRun.open(folder, secrets: secrets, logger: logger, isDetached: true).run()
            if let failure = status.failureAtEnd { throw failure }
        }
    }
}

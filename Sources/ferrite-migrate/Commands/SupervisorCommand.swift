import ArgumentParser

/// The process that watches one migration's worker. `migrate` and `resume` start it and hand it the passwords at
/// standard input.
struct SupervisorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervisor",
        abstract: "Watch one migration's worker; started by migrate and resume.",
        shouldDisplay: false
    )

    @OptionGroup
    var detached: DetachedArguments

    func run() async throws {
        let (folder, secrets) = try detached.open()
        let logger = detached.logger
        let supervisor = Supervisor(
            root: detached.root,
            folder: folder,
            secrets: secrets,
            logStyle: detached.logStyle,
            logger: logger
        )
        try await detached.work(logger) { try await supervisor.run() }
    }
}

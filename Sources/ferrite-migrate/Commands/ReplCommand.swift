import ArgumentParser

struct ReplCommand: AsyncParsableCommand {
    static let name = "repl"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Open a prompt for these verbs, or run a script of them.",
        discussion: """
            On a terminal each line is one command, with history and with completion by Tab; help explains the rest. \
            This is also what the program does without a verb on a terminal. From a pipe or a file each line is run \
            in turn: the first that fails ends the script with its exit code.

            A line is a verb with its options as on the command line, or TENANT.MIGRATE, TENANT.MIGRATE.STATUS and so \
            on, with the options' names as words in any letter case: TENANT.MIGRATE acme TARGET new:6379 PARALLEL 8.

            The common options hold for each line that does not give them itself.
            """
    )

    @Flag(help: "In a script: go on behind a line that fails; the exit code is still that of the first such line.")
    var keepGoing = false

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let context = try CommandContext(common)
        let session = PromptSession(
            language: CommandLanguage(try HelpDump.current(), defaults: defaults),
            console: context.console,
            speaksJSON: context.renderer.format == .json
        )
        if context.console.inputIsTerminal {
            var prompt = try Prompt(session, context.journal)
            return await prompt.run()
        }
        var script = Script(try ScriptLines.standardInput(), session, keepsGoing: keepGoing)
        let status = await script.run()
        guard status == .done else { throw CommandFailure(status) }
    }

    /// The common options as they were given, by long name. The settings file is none of the settings.
    private var defaults: [(name: String, value: String)] {
        let settings = common.given.compactMap { setting, value in setting.option.map { (name: $0, value: value) } }
        let file = common.config.map { [(name: "config", value: $0)] } ?? []
        let verbosity: [(name: String, value: String)] =
            common.quiet ? [("quiet", "true")] : common.verbose ? [("verbose", "true")] : []
        return file + settings.sorted { $0.name < $1.name } + verbosity
    }
}

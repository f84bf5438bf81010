import MigrationEngine

/// What every command works with: the merged settings, and where and how it writes.
struct CommandContext {
    let settings: Settings
    let environment: Environment
    let console: Console
    let renderer: Renderer

    init(
        _ common: CommonArguments,
        _ groups: any SettingArguments...,
        environment: Environment = .process,
        console: Console = EntryPoint.console
    ) throws(CommandFailure) {
        self.environment = environment
        self.console = console
        settings = try Settings.load(common, groups, environment: environment) { console.warning($0) }
        let isTerminal = console.outputIsTerminal
        let format: OutputFormat = settings.choice(.format) ?? (isTerminal ? .pretty : .raw)
        if format == .json { console.speakJSON() }
        renderer = Renderer(
            format: format,
            style: TextStyle(isTerminal: isTerminal, environment: environment),
            columns: { console.outputColumns ?? environment["COLUMNS"].flatMap { Int($0) } }
        )
    }

    var journal: JournalRoot {
        JournalRoot.location(explicit: settings.text(.journal), environment: environment.variables)
    }

    /// A line of standard error that does not change the exit code.
    func warn(_ message: String) {
        console.warning(message)
    }

    func note(_ message: String) {
        console.notice(message)
    }

    func write(_ fields: [OutputField]) {
        console.output(renderer.report(fields))
    }
}

import MigrationEngine
import Synchronization

/// What every command works with: the merged settings, and where and how it writes.
struct CommandContext {
    let settings: Settings
    let environment: Environment
    let console: Console
    let renderer: Renderer
    private let warned = Warned()

    /// Reads the settings file, the environment and the options.
    init(
        _ common: CommonArguments,
        _ groups: any SettingArguments...,
        environment: Environment = .process,
        console: Console = EntryPoint.console
    ) throws(CommandFailure) {
        console.setVerbosity(common.verbosity)
        let file = try ConfigFile.load(Self.configPath(common, environment))
        for warning in file.warnings + environment.unknown { console.warningOnce(warning) }
        console.detail(
            file.path.map { "settings from \($0): \(file.settings.count)" } ?? "no settings file is read"
        )
        try self.init(file: file, [common] + groups, environment, console)
    }

    /// Without a settings file: for a command that judges one.
    init(
        withoutFile common: CommonArguments,
        environment: Environment = .process,
        console: Console = EntryPoint.console
    ) throws(CommandFailure) {
        console.setVerbosity(common.verbosity)
        try self.init(file: nil, [common], environment, console)
    }

    private init(
        file: ConfigFile?,
        _ groups: [any SettingArguments],
        _ environment: Environment,
        _ console: Console
    ) throws(CommandFailure) {
        self.environment = environment
        self.console = console
        settings = try Settings(file: file, environment, groups)
        let isTerminal = console.outputIsTerminal
        let chosen: OutputFormat? = settings.choice(.format)
        console.speakJSON(chosen == .json)
        renderer = Renderer(
            format: chosen ?? console.defaultFormat,
            listFormat: chosen ?? console.defaultListFormat,
            style: TextStyle(settings.choice(.color) ?? .auto, isTerminal: isTerminal, environment: environment),
            columns: { console.outputSize?.columns ?? environment["COLUMNS"].flatMap { Int($0) } }
        )
    }

    /// The settings file that was named; nil where one of the default ones counts.
    static func configPath(_ common: CommonArguments, _ environment: Environment) -> String? {
        common.config ?? environment[Environment.prefix + "CONFIG"]
    }

    var journal: JournalRoot {
        JournalRoot.location(explicit: settings.text(.journal), environment: environment.variables)
    }

    /// Whether a terminal can write over what it shows.
    var canRedraw: Bool { environment["TERM"] != "dumb" }

    /// A line of standard error that does not change the exit code; the same is said once.
    func warn(_ message: String) {
        if warned.isNew(message) { console.warning(message) }
    }

    func note(_ message: String) {
        console.notice(message)
    }

    func noteOnce(_ message: String) {
        if warned.isNew(message) { note(message) }
    }

    /// What is done, for those who want to know.
    func detail(_ message: String) {
        console.detail(message)
    }

    /// Before what removes data and has no `--yes`.
    func checkSomebodyCanBeAsked(_ what: String) throws(CommandFailure) {
        guard console.inputIsTerminal, renderer.format != .json else {
            throw CommandFailure(.usage, "\(what) removes data: give --yes where nobody can be asked")
        }
    }

    func write(_ fields: [OutputField]) {
        console.output(renderer.report(fields))
    }
}

/// A command that looks at something again and again meets the same warnings each time.
private final class Warned: Sendable {
    private let messages = Mutex<Set<String>>([])

    func isNew(_ message: String) -> Bool { messages.withLock { $0.insert(message).inserted } }
}

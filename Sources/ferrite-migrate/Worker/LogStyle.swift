import Logging

/// What a worker logs and how, as it was asked for by the command that started it.
struct LogStyle: Equatable {
    var format: LogFormat
    var isVerbose: Bool

    /// For a process of its own.
    var level: Logger.Level { isVerbose ? .debug : .info }

    /// The options of the hidden verbs: `DetachedArguments` reads them.
    var arguments: [String] {
        ["--log-format", format.rawValue] + (isVerbose ? ["--verbose"] : [])
    }
}

extension CommandContext {
    var logStyle: LogStyle {
        LogStyle(format: settings.choice(.logFormat) ?? .text, isVerbose: console.verbosity == .verbose)
    }

    /// For a migration in this process, whose log shares standard error with what else is said there.
    func logger(level: Logger.Level) -> Logger {
        let format = renderer.format == .json ? .json : logStyle.format
        return WorkerLog.logger(console, format, level: logStyle.isVerbose ? .debug : level)
    }
}

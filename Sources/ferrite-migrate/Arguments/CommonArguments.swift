import ArgumentParser

/// The options of every verb.
struct CommonArguments: ParsableArguments, SettingArguments {
    @Option(
        help: ArgumentHelp(
            "The settings file (default: ./ferrite.toml, else /etc/ferrite/ferrite.toml).",
            valueName: "file"
        ),
        completion: .file(extensions: ["toml"])
    )
    var config: String?

    @Option(
        help: ArgumentHelp("The folder that holds the migrations' journals.", valueName: "folder"),
        completion: .directory
    )
    var journal: String?

    @Option(
        help: "How results are written: raw, pretty or json \(Setting.format.defaultNote).",
        completion: .list(OutputFormat.allCases.map(\.rawValue))
    )
    var format: String?

    @Option(
        help: ArgumentHelp(
            "Colour: auto (on a terminal, unless NO_COLOR is set), always or never \(Setting.color.defaultNote).",
            valueName: "when"
        ),
        completion: .list(ColorChoice.allCases.map(\.rawValue))
    )
    var color: String?

    @Option(
        help: ArgumentHelp(
            "How a worker that is started writes its log: text or json \(Setting.logFormat.defaultNote).",
            valueName: "format"
        ),
        completion: .list(LogFormat.allCases.map(\.rawValue))
    )
    var logFormat: String?

    @Flag(help: "Say nothing but results and errors: no notices, no warnings, no progress.")
    var quiet = false

    @Flag(help: "Say what is done, and let a worker that is started log in detail.")
    var verbose = false

    func validate() throws {
        if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other; give one of them") }
    }

    var verbosity: Console.Verbosity {
        if quiet { return .quiet }
        return verbose ? .verbose : .normal
    }

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.journal] = journal
        given[.format] = format
        given[.color] = color
        given[.logFormat] = logFormat
        return given
    }
}

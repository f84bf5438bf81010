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
        help: "How results are written: raw, pretty or json (default: pretty on a terminal, else raw).",
        completion: .list(OutputFormat.allCases.map(\.rawValue))
    )
    var format: String?

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.journal] = journal
        given[.format] = format
        return given
    }
}

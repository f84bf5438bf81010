import ArgumentParser
import FoundationEssentials

/// What `--experimental-dump-help` says of the commands: the prompt's grammar, its help and its completion are made of
/// it, and so are the manual pages.
struct HelpDump: Decodable {
    struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool
        var subcommands: [Command]?
        var arguments: [Argument]?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
        }

        /// One of the three is there, or none.
        struct Completion: Decodable {
            struct List: Decodable { var values: [String] }
            struct Files: Decodable { var extensions: [String] }
            struct Folders: Decodable {}

            var list: List?
            var file: Files?
            var directory: Folders?
        }

        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var sectionTitle: String?
        var names: [Name]?
        var valueName: String?
        var abstract: String?
        var completionKind: Completion?
    }

    var command: Command

    static func current() throws -> Command {
        try JSONDecoder().decode(HelpDump.self, from: Data(FerriteMigrate._dumpHelp().utf8)).command
    }
}

extension HelpDump.Command {
    var shownArguments: [HelpDump.Argument] { (arguments ?? []).filter(\.shouldDisplay) }

    /// The verbs; `help` is the argument parser's own.
    var verbs: [HelpDump.Command] { (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" } }

    /// What a line of the prompt can name as a word; `--help` and `--version` are the argument parser's own.
    var namedArguments: [HelpDump.Argument] {
        shownArguments.filter { $0.kind != "positional" && !$0.isOfParser }
    }

    /// Words that stand for themselves where a value is asked for: `ALL` of `id|ALL`.
    var literals: [String] {
        let names: [Substring] = positionals.flatMap { ($0.valueName ?? "").split(separator: "|") }
        return names.map { String($0) }.filter { $0 == $0.uppercased() }
    }

    /// Those of the named arguments that a line can name without dashes.
    var wordArguments: [HelpDump.Argument] {
        let taken = literals
        return namedArguments.filter { argument in
            !argument.longNames.contains { taken.contains(CommandLanguage.keyword($0)) }
        }
    }

    var positionals: [HelpDump.Argument] { (arguments ?? []).filter { $0.kind == "positional" } }

    /// The option of that long name, without the dashes; also one that is not shown.
    func option(_ name: some StringProtocol) -> HelpDump.Argument? {
        arguments?.first { $0.longNames.contains { $0 == name } }
    }
}

extension HelpDump.Argument {
    var longNames: [String] { (names ?? []).filter { $0.kind == "long" }.map(\.name) }

    var isOfParser: Bool { longNames == ["help"] || longNames == ["version"] }

    /// Whether the word behind it is its value.
    var takesValue: Bool { kind == "option" }
}

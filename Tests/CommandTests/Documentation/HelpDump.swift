import ArgumentParser
import Foundation

@testable import ferrite_migrate

/// What `--experimental-dump-help` says of a command; only what a manual page needs.
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

        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var names: [Name]?
        var valueName: String?
        var abstract: String?
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
}

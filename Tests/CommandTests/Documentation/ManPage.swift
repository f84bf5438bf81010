import Foundation

@testable import ferrite_migrate

/// Writes a manual page in mdoc(7) from the definition of a command.
struct ManPage {
    private static let date = "November 25, 2026"
    private static let tool = "ferrite-migrate"

    private let command: HelpDump.Command
    /// The verbs that lead to the command, its own last; empty for the tool itself.
    private let path: [String]
    private var isVerb: Bool { !path.isEmpty }

    private init(_ command: HelpDump.Command, path: [String]) {
        self.command = command
        self.path = path
    }

    /// The pages of a command and of all verbs below it.
    static func pages(of command: HelpDump.Command, path: [String] = []) -> [ManPage] {
        [ManPage(command, path: path)] + command.verbs.flatMap { pages(of: $0, path: path + [$0.commandName]) }
    }

    /// The page's name: `ferrite-migrate-status`.
    var name: String { Self.name(path) }

    private static func name(_ path: [String]) -> String { ([tool] + path).joined(separator: "-") }

    var text: String {
        var lines = [
            #".\" Made by 'make docs' from the definition of the command; do not edit."#,
            ".Dd \(Self.date)", ".Dt \(name.uppercased()) 1", ".Os",
            ".Sh NAME", ".Nm \(name)", ".Nd \(Self.sentence(command.abstract ?? ""))",
            ".Sh SYNOPSIS",
        ]
        lines += synopsis
        lines += [".Sh DESCRIPTION"] + Self.prose(command.abstract ?? "")
        for paragraph in (command.discussion ?? "").components(separatedBy: "\n\n") where !paragraph.isEmpty {
            lines += [".Pp"] + Self.prose(paragraph)
        }
        lines += command.verbs.isEmpty ? [".Pp", "The arguments are as follows:"] + argumentList : verbList
        if !isVerb { lines += environment + files }
        lines += exitStatus + (isVerb ? Self.examples(of: ([Self.tool] + path).joined(separator: " ")) : []) + seeAlso
        return lines.joined(separator: "\n") + "\n"
    }

    private var synopsis: [String] {
        let start = [".Nm \(Self.tool)"] + (isVerb ? [".Cm \(path.joined(separator: " "))"] : [])
        guard command.verbs.isEmpty else { return start + [".Ar verb", ".Op Ar options"] }
        return start
            + command.shownArguments.map { argument in
                guard argument.kind != "positional" else {
                    let value = Self.value(argument)
                    return argument.isOptional ? ".Op " + value.dropFirst() : value
                }
                return ".Op " + Self.flag(argument) + (argument.isRepeating ? " ..." : "")
            }
    }

    private var argumentList: [String] {
        [".Bl -tag -width Ds"]
            + command.shownArguments.flatMap { argument in
                let head = argument.kind == "positional" ? Self.value(argument).dropFirst() : Self.flag(argument)[...]
                return [".It " + head] + Self.prose(argument.abstract ?? "")
            } + [".El"]
    }

    private var verbList: [String] {
        [".Pp", "The verbs are as follows:", ".Bl -tag -width Ds"]
            + command.verbs.flatMap { [".It Cm \($0.commandName)"] + Self.prose($0.abstract ?? "") } + [".El"]
    }

    private var environment: [String] {
        let variables = Setting.allCases.map { setting in
            [".It Ev \(setting.variable)"]
                + (setting.option.map { ["As", ".Fl \(Self.dashed($0)) ."] } ?? inFile(setting))
        }
        return [".Sh ENVIRONMENT", "A variable that is set to nothing counts as not set."]
            + [".Bl -tag -width Ds", ".It Ev FERRITE_MIGRATE_CONFIG", "As", ".Fl \(Self.dashed("config")) ."]
            + variables.flatMap { $0 } + [".It Ev NO_COLOR", "If set, no colour is written.", ".El"]
    }

    private func inFile(_ setting: Setting) -> [String] {
        if setting.kind == .secret {
            let secret = setting.rawValue.hasSuffix("passphrase") ? "passphrase of the key" : "password"
            return ["The \(secret); no other user of the machine can read it there."]
        }
        let note = setting.defaultText.map { _ in " \(setting.defaultNote)" } ?? ""
        return ["As", ".Ic \(setting.rawValue)", "of the settings file:", "\(setting.allowed)\(note)."]
    }

    private var files: [String] {
        [
            ".Sh FILES", ".Bl -tag -width Ds",
            ".It Pa ./ferrite.toml , /etc/ferrite/ferrite.toml", "The settings file: the first that is there.",
            ".It Pa /var/lib/ferrite-migrate", "The journals, where",
            ".Nm", "runs as root; else", ".Pa ~/.local/state/ferrite-migrate .", ".El",
        ]
    }

    private var exitStatus: [String] {
        let meanings: [(ExitReason, String)] = [
            (.done, "Done."), (.failed, "Failed."), (.different, "Source and target differ."),
            (.usage, "Wrong usage."), (.unreachable, "A server cannot be reached."),
            (.notNow, "Not now, try again."), (.refused, "Refused by a server: authentication or permission."),
            (.configuration, "Wrong configuration: a setting, or servers that do not fit what was asked for."),
        ]
        return [".Sh EXIT STATUS", ".Bl -tag -width Ds"]
            + meanings.flatMap { [".It \($0.0.rawValue)", $0.1] } + [".El"]
    }

    private var seeAlso: [String] {
        let below = command.verbs.map { Self.name(path + [$0.commandName]) }
        let others = below + (isVerb ? [Self.name(path.dropLast())] : [])
        return [".Sh SEE ALSO"]
            + others.sorted().enumerated().map { index, page in
                ".Xr \(page) 1" + (index < others.count - 1 ? " ," : "")
            }
    }

    private static func flag(_ argument: HelpDump.Argument) -> String {
        let names = (argument.names ?? []).map { $0.kind == "long" ? "Fl \(dashed($0.name))" : "Fl \($0.name)" }
        let value = argument.kind == "option" ? " Ar \(escaped(argument.valueName ?? ""))" : ""
        return names.joined(separator: " , ") + value
    }

    private static func value(_ argument: HelpDump.Argument) -> String {
        ".Ar \(escaped(argument.valueName ?? ""))"
    }

    private static func dashed(_ name: String) -> String { #"\-"# + name }

    private static func sentence(_ text: String) -> String {
        let text = text.hasSuffix(".") ? String(text.dropLast()) : text
        return escaped(text.prefix(1).lowercased() + text.dropFirst())
    }

    /// Each sentence begins a line, as mdoc wants it, and no line is longer than 78 characters.
    private static func prose(_ text: String) -> [String] {
        text.replacingOccurrences(of: "\n", with: " ").components(separatedBy: ". ")
            .filter { !$0.isEmpty }
            .flatMap { wrapped($0.hasSuffix(".") ? $0 : $0 + ".") }
            .map(escaped)
    }

    private static func wrapped(_ text: String) -> [String] {
        text.split(separator: " ").reduce(into: [""]) { lines, word in
            let line = lines[lines.count - 1]
            if line.count + word.count >= 78 {
                lines.append(String(word))
            } else {
                lines[lines.count - 1] = line.isEmpty ? String(word) : "\(line) \(word)"
            }
        }
    }

    /// Backslashes are troff's, and so are a period or an apostrophe at the start of a line.
    private static func escaped(_ text: String) -> String {
        let text = text.replacingOccurrences(of: "\\", with: "\\e")
        return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
    }
}

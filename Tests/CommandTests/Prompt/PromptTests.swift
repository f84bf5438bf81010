import ArgumentParser
import Foundation
import MigrationEngine
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

/// The prompt on a terminal, with a journal and no server.
@Suite struct PromptTests {
    private static let prompt = "ferrite-migrate> "
    private static let interrupt = "\u{3}"
    private static let endOfInput = "\u{4}"

    private let folder: TemporaryFolder
    private var journal: String { folder.file("journal") }
    private var history: String { journal + "/repl_history" }

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: journal + "/mig_0123456789", withIntermediateDirectories: true)
    }

    private func open(_ arguments: [String] = ["repl"]) throws -> ToolTerminal { try open(Tool.path, arguments) }

    private func open(_ path: String, _ arguments: [String]) throws -> ToolTerminal {
        let terminal = try ToolTerminal(
            path: path,
            arguments: arguments,
            environment: ["FERRITE_MIGRATE_JOURNAL": journal]
        )
        _ = try #require(terminal.wait(for: Self.prompt), "\(terminal.shown)")
        return terminal
    }

    /// Enters a line and returns what came before the next prompt.
    private func answer(_ line: String, at terminal: ToolTerminal) throws -> String {
        terminal.enter(line)
        return try #require(terminal.wait(for: Self.prompt), "\(terminal.shown)")
    }

    private func expectEnd(_ terminal: ToolTerminal, _ code: Int = 0) {
        #expect(terminal.waitForEnd() == code, "\(terminal.shown)")
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test(arguments: [[], ["repl"]]) func itOpensAndEnds(arguments: [String]) throws {
        for ending in ["quit\r", "\\q\r", "EXIT\r", Self.endOfInput] {
            let terminal = try open(arguments)
            #expect(try answer("--version", at: terminal).contains(FerriteMigrate.configuration.version))
            terminal.type(ending)
            expectEnd(terminal)
        }
    }

    /// What goes to a file is the results alone.
    @Test func thePromptIsNoResult() throws {
        let results = folder.file("results")
        let terminal = try open("/bin/bash", ["-c", "\"\(Tool.path)\" repl > \"\(results)\""])
        _ = try answer("--version", at: terminal)
        terminal.enter("quit")
        expectEnd(terminal)
        let text = try String(contentsOfFile: results, encoding: .utf8)
        #expect(text == FerriteMigrate.configuration.version + "\n")
    }

    /// A journal that cannot be read has no tenants, and nothing is said about it.
    @Test func namesOfABrokenJournal() throws {
        for path in [journal, folder.file("none"), Tool.path] {
            let names = KnownNames(JournalRoot(path: path))
            #expect(names.tenants() == [] && names.ids() == (path == journal ? ["mig_0123456789"] : []))
        }
    }

    @Test func errorsDoNotEndIt() throws {
        let terminal = try open()
        #expect(try answer("statsu", at: terminal).contains("there is no verb 'statsu' (did you mean status?)"))
        #expect(try answer("status \"", at: terminal).contains("column 8: the quote that begins here has no end"))
        #expect(try answer("status mig_0000000000", at: terminal).contains("there is no migration mig_0000000000"))
        terminal.enter("quit")
        expectEnd(terminal)
        // Behind the arrow as they were typed, to be mended.
        let kept = try String(contentsOfFile: history, encoding: .utf8)
        #expect(kept == "statsu\nstatus \"\nstatus mig_0000000000\nquit\n")
    }

    @Test func historyOfTwoSessions() throws {
        let first = try open()
        for line in ["status ALL", "--version", "help \\"] { first.enter(line) }
        _ = try #require(first.wait(for: "\u{1B}[?2004h> "), "a continued line has a prompt of its own: \(first.shown)")
        #expect(try answer("status", at: first).contains("Show where a migration stands."))
        first.enter("quit")
        expectEnd(first)
        #expect(try mode(history) == 0o600)
        #expect(try String(contentsOfFile: history, encoding: .utf8) == "status ALL\n--version\nhelp status\nquit\n")

        let second = try open()
        second.type("\u{1B}[A\u{1B}[A\u{1B}[A")
        #expect(try answer("", at: second).contains(FerriteMigrate.configuration.version))
    }

    @Test func passwordsAreInNoHistory() throws {
        let terminal = try open()
        let secret = [
            "migrate acme --target redis://app:hunter2@127.0.0.1:1 --mode x",
            "TENANT.MIGRATE a TARGET 'u:hunter2@h' MODE x",
            #"migrate a --target "redis://u:hunter2@h"#, "status a --source-password-file hunter2",
            "status a --source-password hunter2", #"status "u:hunter\x32\x40h""#,
        ]
        for line in secret + ["status ALL"] { _ = try answer(line, at: terminal) }
        // Nor behind the arrow: the line above is the one that was kept.
        terminal.type("\u{1B}[A\u{1B}[A")
        terminal.enter("")
        _ = terminal.wait(for: Self.prompt)
        terminal.enter("quit")
        expectEnd(terminal)
        #expect(try String(contentsOfFile: history, encoding: .utf8) == "status ALL\nquit\n")
    }

    @Test func twoPromptsAtOnceAddToOneHistory() throws {
        let (first, second) = (try open(), try open())
        _ = try answer("status ALL", at: first)
        _ = try answer("--version", at: second)
        _ = try answer("help pause", at: first)
        for terminal in [first, second] {
            terminal.type(Self.endOfInput)
            expectEnd(terminal)
        }
        #expect(try String(contentsOfFile: history, encoding: .utf8) == "status ALL\n--version\nhelp pause\n")
    }

    /// One warning, and the prompt works.
    @Test(arguments: ["folder", "link", "fifo", "no journal"])
    func aHistoryThatCannotBeKept(kind: String) throws {
        switch kind {
        case "folder": try FileManager.default.createDirectory(atPath: history, withIntermediateDirectories: false)
        case "link":
            let other = folder.file("other")
            try FileManager.default.createSymbolicLink(atPath: history, withDestinationPath: other)
        case "fifo": #expect(mkfifo(history, 0o600) == 0)
        default:
            try FileManager.default.removeItem(atPath: journal)
            try Data().write(to: URL(filePath: journal))
        }
        let terminal = try ToolTerminal(
            path: Tool.path,
            arguments: ["repl"],
            environment: ["FERRITE_MIGRATE_JOURNAL": journal]
        )
        var shown = terminal.wait(for: Self.prompt) ?? ""
        for _ in 0..<2 { shown += try answer("help pause", at: terminal) }
        terminal.enter("quit")
        expectEnd(terminal)
        #expect(shown.components(separatedBy: "warning: the history is not kept: ").count == 2, "\(shown)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("other")), "no link is followed")
    }

    @Test func aHistoryThatOthersCouldReadIsMended() throws {
        let lines = (0..<1500).map { "help status # \($0)\n" }.joined()
        try lines.write(toFile: history, atomically: false, encoding: .utf8)
        chmod(history, 0o666)
        let terminal = try open()
        #expect(try mode(history) == 0o600)
        terminal.type(Self.endOfInput)
        expectEnd(terminal)
        let kept = try String(contentsOfFile: history, encoding: .utf8).split(separator: "\n")
        #expect(kept.count == 1000 && kept.last == "help status # 1499" && kept.first == "help status # 500")
    }

    @Test func tabCompletes() throws {
        let terminal = try open()
        terminal.type("stat\t")
        _ = try #require(terminal.wait(for: "status "), "\(terminal.shown)")
        terminal.type("mig_01\t")
        _ = try #require(terminal.wait(for: "mig_0123456789 "), "\(terminal.shown)")
        terminal.type("--for\tj\t")
        _ = try #require(terminal.wait(for: "--format json "), "\(terminal.shown)")
        terminal.type(Self.interrupt)
        _ = try #require(terminal.wait(for: Self.prompt))
        terminal.type("tenant.migrate.paus\t")
        _ = try #require(terminal.wait(for: "TENANT.MIGRATE.PAUSE "), "\(terminal.shown)")
        terminal.type("\r")
        #expect(terminal.wait(for: Self.prompt)?.contains("missing expected argument") == true)
        try Data().write(to: URL(filePath: folder.file("settings.toml")))
        terminal.type("status ALL --config=\(folder.path)/set\t")
        _ = try #require(terminal.wait(for: "settings.toml "), "\(terminal.shown)")
    }

    @Test func controlCClearsTheLine() throws {
        let terminal = try open()
        terminal.type("frobnicate \(Self.interrupt)")
        _ = try #require(terminal.wait(for: Self.prompt), "\(terminal.shown)")
        #expect(try !answer("--version", at: terminal).contains("frobnicate"))
        terminal.type("status \\\r")
        _ = try #require(terminal.wait(for: "> "))
        terminal.type("frob\(Self.interrupt)")
        _ = try #require(terminal.wait(for: Self.prompt), "a continued line is cleared as a whole: \(terminal.shown)")
        #expect(try answer("--version", at: terminal).contains(FerriteMigrate.configuration.version))
        terminal.enter("quit")
        expectEnd(terminal)
    }

    /// Whoever sees the prompt may press it.
    @Test func controlCAtOnceEndsNothing() throws {
        for _ in 0..<20 {
            let terminal = try open()
            terminal.type("frob\(Self.interrupt)")
            _ = try #require(terminal.wait(for: Self.prompt), "\(terminal.shown)")
        }
    }

    @Test func aPromptThatWasStoppedGoesOn() throws {
        let terminal = try open()
        terminal.type("frob")
        _ = try #require(terminal.wait(for: "frob"))
        terminal.suspendAndContinue()
        _ = try #require(terminal.wait(for: Self.prompt + "frob"), "\(terminal.shown)")
        // Ctrl-U is a key of readline's; of a terminal that a shell has put back it would not reach it.
        let shown = try answer("\u{15}--version", at: terminal)
        #expect(shown.contains(FerriteMigrate.configuration.version) && !shown.contains("frob--"), "\(shown)")
    }

    @Test func aTerminalOfAnotherSize() throws {
        let terminal = try open()
        terminal.type("frob")
        _ = try #require(terminal.wait(for: "frob"))
        terminal.resize(rows: 20, columns: 60)
        _ = try #require(terminal.wait(for: "frob"), "the line is drawn anew: \(terminal.shown)")
    }

    /// A terminal brackets what is pasted: its lines come at once.
    @Test func linesThatArePasted() throws {
        let terminal = try open()
        terminal.type("\u{1B}[200~help \\\rstatus\r--version\u{1B}[201~\r")
        _ = try #require(terminal.wait(for: "Show where a migration stands."), "\(terminal.shown)")
        _ = try #require(terminal.wait(for: FerriteMigrate.configuration.version), "\(terminal.shown)")
    }

    @Test func theFormatIsRawUnlessAsked() throws {
        let terminal = try open(["repl", "--format", "json"])
        #expect(try answer("status ALL", at: terminal).contains("[]"))
        #expect(try answer("status mig_0000000000", at: terminal).contains("{\"error\":\"there is no migration"))
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGQUIT]) func aSignalEndsIt(signal: Int32) throws {
        let terminal = try open()
        terminal.type("half a line")
        _ = terminal.wait(for: "half a line")
        kill(terminal.pid, signal)
        expectEnd(terminal, 128 + Int(signal))
    }

    @Test func helpListsWhatThereIs() throws {
        let terminal = try open()
        let help = try answer("help", at: terminal)
        #expect(help.contains("TENANT.MIGRATE <tenant>") && help.contains("  cutover "))
        #expect(try answer("help cutover", at: terminal).contains("TENANT.MIGRATE.CUTOVER <id> [FORCE]"))
    }
}

import ArgumentParser
import Foundation
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

/// `repl` from a pipe or a file, with nothing at the other end.
@Suite struct ScriptTests {
    private static let missing = "status mig_0000000000"

    /// Runs a script from a file, so that any bytes may stand in it.
    private func run(
        _ script: some Sequence<UInt8>,
        _ options: [String] = [],
        behind pipe: String = "",
        environment: [String: String] = [:]
    ) throws -> ProgramRun {
        let folder = try TemporaryFolder()
        try Data(script).write(to: URL(filePath: folder.file("script")))
        let variables = [
            "TOOL": Tool.path, "SCRIPT": folder.file("script"), "FERRITE_MIGRATE_JOURNAL": folder.file("journal"),
        ]
        let line = "set -o pipefail; cat \"$SCRIPT\" | \"$TOOL\" repl \(options.joined(separator: " "))\(pipe)"
        return try ProgramRun(
            path: "/bin/bash",
            arguments: ["-c", line],
            environment: variables.merging(environment) { $1 },
            timeout: 60
        )
    }

    private func run(_ lines: [String], _ options: [String] = []) throws -> ProgramRun {
        try run(lines.map { $0 + "\n" }.joined().utf8, options)
    }

    @Test func allLinesSucceed() throws {
        let run = try run(["# nothing", "", "status ALL", "TENANT.MIGRATE.STATUS all", "--version"])
        #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
        #expect(run.output == FerriteMigrate.configuration.version + "\n", "there is no prompt")
        #expect(try self.run([]).code == 0)
    }

    /// As some editors write it.
    @Test func aByteOrderMarkIsNoWord() throws {
        let run = try run(Array("\u{FEFF}--version\r\n\u{FEFF}status ALL\n".utf8))
        #expect(run.output == FerriteMigrate.configuration.version + "\n")
        #expect(run.code == 64 && run.errors.contains("line 2: "), "only at the very beginning: \(run.errors)")
    }

    @Test func theFirstLineThatFailsIsTheLast() throws {
        let run = try run(["status ALL", Self.missing, "--version"])
        #expect(run.code == 64 && run.output.isEmpty)
        #expect(run.errors.hasPrefix("ferrite-migrate: line 2: there is no migration mig_0000000000"), "\(run.errors)")
        #expect(run.errors.filter(\.isNewline).count == 1)
    }

    @Test func aScriptThatGoesOn() throws {
        let run = try run(["status ALL --config /nonexistent", "frobnicate", "--version", "status"], ["--keep-going"])
        #expect(run.code == 78, "that of the first line that failed")
        #expect(run.output.filter(\.isNewline).count == 1)
        let lines = run.errors.split(separator: "\n")
        #expect(lines.count == 3)
        for (line, number) in zip(lines, [1, 2, 4]) { #expect(line.hasPrefix("ferrite-migrate: line \(number): ")) }
        #expect(try self.run(["frobnicate", "status ALL --config /nonexistent"], ["--keep-going"]).code == 64)
    }

    @Test func linesThatGoOn() throws {
        let run = try run(
            ["status \\", "  ALL", "# a comment \\", "status \\", "\"mig_0000000000\" \\", "", "--version"]
        )
        #expect(run.errors.hasPrefix("ferrite-migrate: line 4: there is no migration"), "\(run.errors)")
        // The rest of a line that is wrong is no line of its own.
        let wrong = try self.run([#"status "a"b \"#, "--version \\", "--version", "frobnicate"], ["--keep-going"])
        #expect(wrong.output.isEmpty && wrong.code == 64)
        let places = wrong.errors.split(separator: "\n").map { $0.prefix(24) }
        #expect(places == ["ferrite-migrate: line 1:", "ferrite-migrate: line 4:"])
        #expect(try self.run(["status ALL \\"]).code == 0, "the last line may be broken off")
    }

    @Test func endsOfLines() throws {
        let windows = try run("status \\\r\nALL\r\n--version\r\n".utf8)
        #expect(windows.code == 0, "\(windows.errors)")
        #expect(windows.output.hasPrefix(FerriteMigrate.configuration.version))
        #expect(try run("status ALL\nfrobnicate".utf8).code == 64, "a last line without an end counts")
    }

    @Test(arguments: ["quit", "exit", #"\q"#]) func theEndOfAScript(word: String) throws {
        let run = try run(["--version", word, "frobnicate"])
        #expect(run.code == 0 && !run.output.isEmpty)
        #expect(try self.run(["frobnicate", word], ["--keep-going"]).code == 64)
    }

    @Test(arguments: [
        (#"status "ALL"#, "line 1: column 8: the quote that begins here has no end"),
        (#"status 'ALL'x"#, "line 1: column 13: a space must follow"), ("status a\0b", "line 1: column 8: the word"),
        ("repl", "this is the prompt already"), ("worker mig_0000000000 --journal /tmp", "there is no verb 'worker'"),
        ("migrate acme --target b:1 --foreground", "--foreground would end the migration"),
        ("TENANT.MIGRATE acme TARGET b:1 FOREGROUND", "--foreground would end the migration"),
        ("status ALL ALL", "unexpected argument"), ("TENANT.MIGRATE.STATUS", "missing expected argument '<id|ALL>'"),
        ("TENANT.MIGRATE acme TARGET b:1 PARALLEL 0", "--parallel cannot be '0'"),
        ("TENANT.RESTORE acme BACKUP b", "is a command of the server's own"),
    ])
    func linesThatAreRefused(line: String, words: String) throws {
        let run = try run([line, "--version"])
        #expect(run.code == 64 && run.output.isEmpty)
        #expect(run.errors.hasPrefix("ferrite-migrate: line 1: ") && run.errors.contains(words), "\(run.errors)")
        #expect(run.errors.filter(\.isNewline).count == 1)
    }

    /// Neither a line of a megabyte nor bytes that are no text at all are more than an error.
    @Test func hugeLinesAndBinaryOnes() throws {
        let long = [UInt8](repeating: 0x61, count: 1 << 20)
        let comment = try run(Array("#".utf8) + long.dropLast(1) + Array("\n--version\n".utf8))
        #expect(comment.code == 0 && comment.errors.isEmpty && !comment.output.isEmpty)
        let word = try run(Array("status ".utf8) + long.dropLast(7))
        #expect(word.code == 64 && word.errors.contains("line 1: "), "\(word.errors.prefix(200))")
        let over = try run(Array("--version\n".utf8) + long + Array("a\nquit\n".utf8), ["--keep-going"])
        #expect(over.code == 64 && over.errors.contains("line 2: the line is longer than 1048576 bytes"))
        let parts = (0..<20).map { _ in String(repeating: "a", count: 60_000) + "\\" }
        let joined = try run(parts + ["", "--version"])
        #expect(joined.code == 64)
        #expect(joined.errors.contains("line 1: the line is longer"), "\(joined.errors.prefix(200))")
        let noise = try run((0..<200_000).map { _ in UInt8.random(in: 0...255) }, ["--keep-going"])
        #expect([0, 64].contains(noise.code), "\(noise.code)")
    }

    /// What holds for one line does not for the next.
    @Test func nothingLeaks() throws {
        let run = try run([Self.missing + " --format json", Self.missing], ["--keep-going"])
        let lines = run.errors.split(separator: "\n").map(String.init)
        let answer = ToolAnswer(lines.first ?? "")
        #expect(answer.names == ["error", "exit_code", "line"] && answer.integer("line") == 1, "\(lines)")
        #expect(lines.last?.hasPrefix("ferrite-migrate: line 2: ") == true, "\(lines)")
    }

    @Test func optionsOfTheReplHoldForEachLine() throws {
        let options = ["--format", "json", "--journal", "/nonexistent/\\ a", "--keep-going"]
        let script = ["status ALL", "frobnicate", "status \"", Self.missing + " --format raw", Self.missing]
        let run = try run(script, options)
        #expect(run.output == "[]\n" && run.code == 64)
        let lines = run.errors.split(separator: "\n").map(String.init)
        try #require(lines.count == 5, "\(lines)")
        #expect(ToolAnswer(lines[0]).text("notice") == "there is no journal at /nonexistent/ a yet")
        for index in [1, 2, 4] { #expect(ToolAnswer(lines[index]).integer("exit_code") == 64, "\(lines)") }
        #expect(lines[3].hasPrefix("ferrite-migrate: line 4: ") && lines[3].contains("/nonexistent/ a"), "\(lines)")
        #expect(try self.run(["--version"], ["--format", "xml"]).code == 64)
        #expect(try self.run(["--version"], ["--config", "/nonexistent"]).code == 78)
    }

    @Test func passwordsAreNotRepeated() throws {
        let script = ["TENANT.MIGRATE acme TARGET ftp://app:hunter2@h:1", "status redis://app:hunter2@h"]
        let run = try run(script, ["--keep-going"])
        #expect(run.code == 64 && !run.errors.contains("hunter2") && run.errors.contains("…@"), "\(run.errors)")
    }

    /// A command that reads standard input does not find the script there.
    @Test func theScriptIsNotReadByCommands() throws {
        let run = try run(["status ALL --config /dev/stdin", "--version"], ["--keep-going"])
        // A settings file may be a pipe, and an empty one is one.
        #expect(run.code == 0 && !run.output.isEmpty, "\(run.errors)")
        let password = ["migrate acme --target b:1 --target-password-file /dev/stdin", "hunter2"]
        #expect(try self.run(password).errors.contains("/dev/stdin is not a password"))
    }

    @Test func aReaderThatGoesAway() throws {
        let run = try run((0..<2000).map { _ in "help\n" }.joined().utf8, behind: " | head -1")
        #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
        let full = try self.run("--version\n--version\n".utf8, behind: " > /dev/full")
        #expect(full.code == 1)
        #expect(full.errors == "ferrite-migrate: line 1: the result could not be written: No space left on device\n")
    }

    @Test func scriptsThatCannotBeRead() throws {
        let folder = try Tool.shell("\"$TOOL\" repl < /")
        #expect(folder.code == 1)
        #expect(folder.errors.contains("the script cannot be read: Is a directory"), "\(folder.errors)")
        let closed = try Tool.shell("\"$TOOL\" repl <&-")
        #expect(closed.code != 0 && closed.errors.filter(\.isNewline).count == 1, "\(closed.errors)")
    }

    @Test func noVerbAndNoTerminal() throws {
        let run = try Tool.run([])
        #expect(run.code == 64 && run.output.isEmpty)
        #expect(run.errors.hasPrefix("OVERVIEW: ") && run.errors.contains("\n  repl"))
    }
}

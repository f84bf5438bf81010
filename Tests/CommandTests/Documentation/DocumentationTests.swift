import ArgumentParser
import Foundation
import Testing

@testable import ferrite_migrate

/// The committed manual pages and completions are those of the commands as they are; `make docs` writes them anew.
@Suite struct DocumentationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func files() throws -> [String: String] {
        let tool = try HelpDump.current()
        let verbs = tool.verbs.map(\.commandName)
        var files: [String: String] = [:]
        for command in [tool] + tool.verbs {
            let page = ManPage(command, verbs: verbs)
            files["man/\(page.name).1"] = page.text
        }
        files["completions/ferrite-migrate.bash"] = FerriteMigrate.completionScript(for: .bash)
        files["completions/_ferrite-migrate"] = FerriteMigrate.completionScript(for: .zsh)
        files["completions/ferrite-migrate.fish"] = FerriteMigrate.completionScript(for: .fish)
        return files.mapValues { $0.hasSuffix("\n") ? $0 : $0 + "\n" }
    }

    /// The files as they are now; with RECORD_DOCS set they are written first, once for all tests.
    private static let current = Result {
        let files = try Self.files()
        if ProcessInfo.processInfo.environment["RECORD_DOCS"] != nil { try write(files) }
        return files
    }

    @Test func committedFilesAreCurrent() throws {
        for (path, text) in try Self.current.get() {
            let committed = try? String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
            #expect(committed == text, "\(path) is stale: run make docs")
        }
    }

    @Test func noCommittedFileIsLeftOver() throws {
        let expected = Set(try Self.current.get().keys)
        for folder in ["man", "completions"] {
            let names = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: folder).path)
            for name in names { #expect(expected.contains("\(folder)/\(name)")) }
        }
    }

    @Test(arguments: [
        ["mandoc", "-Tlint", "-Wwarning", "man/*.1"], ["bash", "-n", "completions/ferrite-migrate.bash"],
        ["zsh", "-n", "completions/_ferrite-migrate"], ["fish", "-n", "completions/ferrite-migrate.fish"],
    ])
    func checkersFindNothing(command: [String]) throws {
        _ = try Self.current.get()
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.currentDirectoryURL = Self.root
        process.arguments = ["-c", command.joined(separator: " ")]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && text.isEmpty, "\(text)")
    }

    private static func write(_ files: [String: String]) throws {
        for folder in ["man", "completions"] {
            let place = root.appending(path: folder)
            try? FileManager.default.removeItem(at: place)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        }
        for (path, text) in files {
            try Data(text.utf8).write(to: root.appending(path: path))
        }
    }
}

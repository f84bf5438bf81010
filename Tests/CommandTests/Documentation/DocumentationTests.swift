import ArgumentParser
import Foundation
import Testing

@testable import ferrite_migrate

/// The committed manual pages and completions are those of the commands as they are; `make docs` writes them anew.
@Suite struct DocumentationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func files() throws -> [String: String] {
        var files: [String: String] = [:]
        for page in ManPage.pages(of: try HelpDump.current()) {
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
        // The argument parser's own idioms: words of a list that hold no blank, and a trap that shall expand now.
        [
            "shellcheck", "--severity=warning", "--exclude=SC2207,SC2064", "--shell=bash",
            "completions/ferrite-migrate.bash",
        ],
        ["shellcheck", "--severity=warning", ".ci/setup", ".ci/run", ".ci/check-imports", ".ci/fetch-servers"],
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

    /// docs/configuration.md has a row for each setting, with the default that is in force.
    @Test func everySettingIsDescribed() throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/configuration.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("|") }
        for setting in Setting.allCases where setting.kind != .secret {
            let row = rows.first { $0.split(separator: "|").first?.contains("`\(setting.rawValue)`") == true }
            let cells = try #require(row, "\(setting) is not described").split(separator: "|").dropFirst()
            if let option = setting.option { #expect(cells.contains { $0.contains("`--\(option)`") }, "\(setting)") }
            guard let text = setting.defaultText else { continue }
            let words = cells.map { $0.filter { $0 != "`" && $0 != " " } }
            #expect(words.contains(text.filter { $0 != " " }), "\(setting): \(text)")
        }
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

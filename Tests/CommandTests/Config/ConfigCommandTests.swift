import Foundation
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

/// `config show` and `config check` of the built binary.
@Suite struct ConfigCommandTests {
    private static let file = """
        [tenancy]
        migration.parallel_sync = 6
        migration.batch_size = 700
        migration.databases = [0, 3]
        [tenancy.migration.client_handling]
        redirect_mode = "automatic"
        """

    private func write(_ text: String) throws -> (folder: TemporaryFolder, path: String) {
        let folder = try TemporaryFolder()
        try text.write(toFile: folder.file("f.toml"), atomically: true, encoding: .utf8)
        return (folder, folder.file("f.toml"))
    }

    private func settings(
        _ arguments: [String],
        _ environment: [String: String] = [:]
    ) throws -> [String: [String: JSONValue]] {
        let run = try Tool.run(["config", "show", "--format", "json"] + arguments, environment: environment)
        #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
        let rows = try JSONValue(run.output).elements?.compactMap(\.members) ?? []
        #expect(rows.count == Setting.allCases.count)
        return Dictionary(rows.compactMap { row in row["setting"]?.string.map { ($0, row) } }) { $1 }
    }

    @Test func eachPlaceIsNamedAndALaterOneWins() throws {
        let (folder, path) = try write(Self.file)
        let environment = ["FERRITE_MIGRATE_BATCH_SIZE": "800", "FERRITE_MIGRATE_TIMEOUT": "60"]
        let shown = try settings(["--config", path, "--timeout", "50", "--fence", "pause"], environment)
        let expected: [(String, JSONValue, String, String)] = [
            ("parallel_sync", .number(6), "\(path), line 2", "file"),
            ("databases", .array([.number(0), .number(3)]), "\(path), line 4", "file"),
            ("redirect_mode", .text("automatic"), "\(path), line 6", "file"),
            ("batch_size", .number(800), "FERRITE_MIGRATE_BATCH_SIZE", "environment"),
            ("sync_timeout_secs", .number(50), "--timeout", "option"),
            ("cutover_fence", .text("pause"), "--fence", "option"),
            ("max_concurrent", .number(5), "default", "default"),
            ("format", .text("json"), "--format", "option"), ("enabled", .flag(true), "default", "default"),
        ]
        for (name, value, from, origin) in expected {
            let row = try #require(shown[name])
            #expect(row["value"] == value && row["from"] == .text(from) && row["origin"] == .text(origin), "\(row)")
        }
        #expect(shown["parallel_sync"]?["file"] == .text(path) && shown["parallel_sync"]?["line"] == .number(2))
        #expect(shown["target"]?["value"] == nil && shown["source_password"]?["value"] == nil)
        withExtendedLifetime(folder) {}
    }

    @Test func noPasswordIsShown() throws {
        let environment = ["FERRITE_MIGRATE_SOURCE_PASSWORD": "hunter2"]
        let options = ["--source", "a:1,redis://app:hunter3@b:2", "--target", "redis://u:hunter4@c:1"]
        for format in ["raw", "pretty", "json"] {
            let run = try Tool.run(["config", "show", "--format", format] + options, environment: environment)
            #expect(run.code == 0 && !run.output.contains("hunter"), "\(run.output)")
        }
        let shown = try settings(options, environment)
        #expect(shown["source_password"]?["value"] == .text("set"))
        #expect(shown["source_password"]?["from"] == .text("FERRITE_MIGRATE_SOURCE_PASSWORD"))
        #expect(shown["target"]?["value"]?.string?.hasSuffix("…@c:1") == true)
    }

    @Test func linesForPeople() throws {
        let run = try Tool.run(["config", "show", "--parallel", "8", "--format", "raw"])
        #expect(run.output.contains("setting: parallel_sync, value: 8, from: --parallel\n"), "\(run.output)")
        #expect(run.output.contains("setting: databases, value: all, from: default\n"))
        let table = try Tool.run(["config", "show", "--format", "pretty"]).output.split(separator: "\n")
        #expect(table.count == Setting.allCases.count + 1 && table[0].hasPrefix("setting"))
    }

    @Test func aWrongSettingIsRefusedAsByEveryVerb() throws {
        let (folder, path) = try write("[tenancy.migration]\nparallel_sync = 0\n")
        #expect(try Tool.run(["config", "show", "--config", path]).code == 78)
        #expect(try Tool.run(["config", "show", "--parallel", "0"]).code == 64)
        withExtendedLifetime(folder) {}
    }

    @Test func checkSaysAllThatIsWrong() throws {
        let text = "[tenancy.migration]\nparalel = 4\nbatch_size = \"x\"\nenabled = 3\n"
        let (folder, path) = try write(text)
        let run = try Tool.run(["config", "check", path])
        #expect(run.code == 78 && run.errors.isEmpty)
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.prefix(3) == ["file: \(path)", "status: errors", "settings: 0"])
        let starts = [
            "warning: \(path), line 2: [tenancy", "error: \(path), line 3: batch_size",
            "error: \(path), line 4: enabled",
        ]
        #expect(lines.count == 6)
        for (line, start) in zip(lines.dropFirst(3), starts) { #expect(line.hasPrefix(start), "\(line)") }
        let json = try JSONValue(try Tool.run(["config", "check", path, "--format", "json"]).output)
        #expect(json.members?["findings"]?.elements?.count == 3)
        withExtendedLifetime(folder) {}
    }

    /// The file that is checked must not stand in the way of its own check.
    @Test func exitCodesOfCheck() throws {
        let (folder, clean) = try write(Self.file)
        let warned = folder.file("w.toml")
        try "[tenancy.migration]\nfrobnicate = 1\n".write(toFile: warned, atomically: true, encoding: .utf8)
        let broken = folder.file("b.toml")
        try "[tenancy.migration\n".write(toFile: broken, atomically: true, encoding: .utf8)
        let wrong = ["FERRITE_MIGRATE_CONFIG": broken]
        #expect(try Tool.run(["config", "check", clean], environment: wrong).code == 0)
        #expect(try Tool.run(["config", "check", clean, "--strict"]).output.contains("status: ok\n"))
        #expect(try Tool.run(["config", "check", warned]).code == 0)
        #expect(try Tool.run(["config", "check", warned, "--strict"]).code == 78)
        let run = try Tool.run(["config", "check", broken])
        #expect(run.code == 78 && run.output.contains("error: \(broken), line 1: "), "\(run.output)")
        #expect(try Tool.run(["config", "check"], environment: wrong).output == run.output)
        #expect(try Tool.run(["config", "check", "--config", broken]).output == run.output)
        #expect(try Tool.run(["config", "check", clean, "--config", broken]).code == 64)
        let missing = try Tool.run(["config", "check", "/nonexistent.toml"])
        #expect(missing.code == 78 && missing.output.isEmpty && missing.errors.contains("/nonexistent.toml"))
        let binary = folder.file("x.toml")
        try Data([0xFF, 0xFE, 0, 1]).write(to: URL(filePath: binary))
        #expect(try Tool.run(["config", "check", binary]).errors.contains("UTF-8"))
        #expect(try Tool.run(["config", "check", folder.path]).code == 78)
    }

    /// Whoever names a choice wins over NO_COLOR and over the pipe that standard output is here.
    @Test func coloursAreChosenInOnePlace() throws {
        let table = ["config", "show", "--format", "pretty"]
        func isColoured(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Bool {
            try Tool.run(table + arguments, environment: environment).output.contains("\u{1B}[")
        }
        let without = ["NO_COLOR": "1", "TERM": "dumb"]
        #expect(try !isColoured([]))
        #expect(try isColoured(["--color", "always"], without))
        #expect(try isColoured([], without.merging(["FERRITE_MIGRATE_COLOR": "always"]) { $1 }))
        #expect(try !isColoured(["--color", "never"], ["FERRITE_MIGRATE_COLOR": "always"]))
        let raw = try Tool.run(["config", "show", "--format", "raw", "--color", "always"])
        #expect(!raw.output.contains("\u{1B}"))
    }

    @Test func quietAndVerboseWithAFile() throws {
        let (folder, path) = try write(Self.file + "\nfrobnicate = 1\n")
        let list = ["status", "ALL", "--config", path]
        #expect(try Tool.run(list).errors.contains("warning: \(path), line 7"))
        #expect(try Tool.run(list + ["--quiet"]).errors.isEmpty)
        let missing = try Tool.run(["status", "mig_0000000000", "--config", path, "--quiet"])
        #expect(missing.code == 64 && missing.errors.filter(\.isNewline).count == 1, "\(missing.errors)")
        #expect(try Tool.run(list + ["--verbose"]).errors.contains("settings from \(path): 4"))
        withExtendedLifetime(folder) {}
    }
}

import Foundation
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

/// Bad input that needs no server: one line on standard error, nothing on standard output, the right exit code.
@Suite struct ExitCodeTests {
    private static let verbs = ["migrate", "validate"]

    private func expectRefusal(_ arguments: [String], _ reason: ExitReason, _ words: String) throws {
        let run = try Tool.run(arguments)
        #expect(run.code == Int(reason.rawValue), "\(arguments): \(run.errors)")
        #expect(run.output.isEmpty)
        #expect(run.errors.hasPrefix("ferrite-migrate: "))
        #expect(run.errors.hasSuffix("\n"))
        #expect(run.errors.filter(\.isNewline).count == 1, "\(run.errors)")
        #expect(run.errors.contains(words), "\(run.errors)")
        #expect(!run.errors.unicodeScalars.dropLast().contains { $0.value < 0x20 })
    }

    @Test(arguments: verbs)
    func aPlanThatCannotBe(verb: String) throws {
        let plans: [([String], String)] = [
            (["acme", "--target", "b:1", "--parallel", "0"], "a number from 1 to 64"),
            (["acme", "--target", "b:1", "--parallel=65"], "a number from 1 to 64"),
            (["acme", "--target", "b:1", "--batch-size", "-1"], "a number from 1 to 100000"),
            (["acme", "--target", "b:1", "--timeout", "x"], "a number from 1 to 2592000"),
            (["acme", "--target", "b:1", "--max-rate", "-1"], "a number from 0 to 10000000"),
            (["acme", "--target", "b:1", "--max-bandwidth", "5x"], "a number of bytes from 0"),
            (["acme", "--target", "b:1", "--db", "-3"], "a list of numbers"),
            (["acme", "--target", "b:1", "--format", "xml"], "raw, pretty, json"),
            (["acme", "--target", "b:1", "--mode", "quick"], "live, fast, incremental"),
            (["acme", "--target", "b:1", "--mode", "fast"], "mode fast is not supported yet"),
            (["acme", "--target", "b:1", "--mode", "incremental"], "mode incremental is not supported yet"),
            (["", "--target", "b:1"], "name is empty"),
            (["a:b", "--target", "b:1"], "it contains ':'"),
            (["a\u{1B}[2Jb", "--target", "b:1"], "control character"),
            (["acme", "--target", "b:1", "--target-cacert", "/ca"], "--target-cacert is for TLS"),
            (["acme", "--target", "rediss://b:1", "--target-tls-min", "1.1"], "1.2, 1.3"),
            (["acme", "--target", "b:port"], "the port must be a number"),
            (["acme", "--target", "ftp://b"], "is not a server's address"),
            (["acme", "--target", ""], "--target cannot be ''"),
            (["acme"], "no target was given"),
            (["acme", "--target", "b:1", "--copy-acl", "all", "--no-copy-acl"], "exclude each other"),
            (["acme", "--target", "b:1", "--source-user", "tool"], "no password was given"),
            (["acme", "--target", "b:1", "--frobnicate"], "unknown option '--frobnicate'"),
            (["acme", "extra", "--target", "b:1"], "unexpected argument 'extra'"),
            ([], "missing expected argument '<tenant>'"),
        ]
        for (arguments, words) in plans { try expectRefusal([verb] + arguments, .usage, words) }
        let same = ["acme", "--source", "b:1", "--target", "redis://b:1"]
        try expectRefusal([verb] + same, .configuration, "are the same server")
    }

    /// A URL at the wrong place is quoted without what stands before its `@`.
    @Test func passwordsInArgumentsAreNotRepeated() throws {
        let url = "redis://app:hunter2@p@host:1"
        let lines = [
            ["migrate", "acme", url], ["migrate", "acme", "app:hunter2@p@host:1"], [url], ["status", url],
            ["cutover", url],
            ["verify", "mig_0000000000", "--sample", url], ["migrate", "acme", "--wait=\(url)"], ["migrate", url],
            ["migrate", "acme", "--target", "ftp://app:hunter2@p@host:1"], ["migrate", "acme", "--db", url],
        ]
        for arguments in lines {
            let run = try Tool.run(arguments)
            #expect(run.code == 64)
            #expect(!run.errors.contains("hunter2") && !run.errors.contains("app:"), "\(run.errors)")
            #expect(run.errors.contains("…@"), "\(run.errors)")
        }
    }

    @Test func errorsInJSON() throws {
        let missing = ["status", "mig_0000000000", "--format", "json"]
        let lines: [([String], [String: String])] = [
            (missing, [:]), (["status", "--format=json"], [:]), (["status"], ["FERRITE_MIGRATE_FORMAT": "json"]),
            (["status", "ALL", "--frobnicate", "--format", "json"], [:]),
        ]
        for (arguments, environment) in lines {
            let run = try Tool.run(arguments, environment: environment)
            #expect(run.code == 64 && run.output.isEmpty)
            #expect(run.errors.filter(\.isNewline).count == 1, "\(run.errors)")
            let answer = ToolAnswer(run.errors)
            #expect(answer.names == ["error", "exit_code"] && answer.integer("exit_code") == 64, "\(run.errors)")
        }
        #expect(ToolAnswer(try Tool.run(missing).errors).text("error")?.hasPrefix("there is no migration") == true)
        let raw = try Tool.run(["status", "--format=raw"], environment: ["FERRITE_MIGRATE_FORMAT": "json"])
        #expect(raw.errors.hasPrefix("ferrite-migrate: "), "\(raw.errors)")
        #expect(try Tool.run(["status", "--format", "raw"]).errors.hasPrefix("ferrite-migrate: "))
    }

    /// Where only the settings file asks for JSON, what is said before it was read is not.
    @Test func warningsInJSON() throws {
        let file = NSTemporaryDirectory() + "ferrite-\(UUID().uuidString).toml"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let settings = "[tenancy.migration]\nformat = \"json\"\nfrobnicate = 1\n"
        try settings.write(toFile: file, atomically: true, encoding: .utf8)
        let plain = try Tool.run(["status", "mig_0000000000", "--config", file]).errors.split(separator: "\n")
        #expect(plain.count == 2)
        #expect(plain.first?.hasPrefix("ferrite-migrate: warning: ") == true, "\(plain)")
        #expect(ToolAnswer(String(plain.last ?? "")).integer("exit_code") == 64, "\(plain)")
        let json = try Tool.run(["status", "ALL", "--config", file, "--format", "json"])
        #expect(json.code == 0 && ToolAnswer(json.errors).names == ["warning"], "\(json.errors)")
    }

    @Test func aMigrationThatIsNotThere() throws {
        for verb in ["status", "cutover", "verify"] {
            try expectRefusal([verb, "mig_0000000000"], .usage, "there is no migration mig_0000000000")
            try expectRefusal([verb, "../etc"], .usage, "is not the id of a migration")
            try expectRefusal([verb], .usage, "missing expected argument")
        }
    }

    @Test func aVerbThatIsNotThere() throws {
        try expectRefusal(["migrat", "acme"], .usage, "there is no verb 'migrat' (did you mean migrate?)")
        try expectRefusal(["xyzzy"], .usage, "there is no verb 'xyzzy': it is one of migrate, status")
        try expectRefusal(["--frobnicate"], .usage, "unknown option")
        try expectRefusal(["config", "frob"], .usage, "there is no verb 'config frob': it is one of show, check")
        try expectRefusal(["config", "show", "--frob"], .usage, "see ferrite-migrate config show --help")
    }

    @Test(arguments: [
        (["--dns", "acme.example.com"], "--dns is not supported yet"),
        (["--scheduled", "2024-01-16T02:00:00Z"], " days ago; give one that is still to come"),
        (["--scheduled", "2999-01-16T02:00:00Z"], "more than 366 days ahead"),
        (["--scheduled", "tomorrow"], "write it as 2026-12-01T02:00:00Z"),
        (["--scheduled", "2027-01-16 02:00"], "does not say where that is the time"),
        (["--scheduled", "2027-01-16 02:00 Europe/Nowhere"], "no time zone of this name"),
        (["--scheduled", "2027-01-16 02:00 ../../etc/passwd"], "no time zone of this name"),
        (["--scheduled", "2027-03-28 02:30 Europe/Berlin"], "2027-03-28T02:30+02:00 or 2027-03-28T02:30+01:00"),
        (["--scheduled", ""], "write it as"),
        (["--scheduled", "2027-01-16T02:00:00Z", "--window", "0"], "a number of seconds from 1 to 86400, also as 90s"),
        (["--scheduled", "2027-01-16T02:00:00Z", "--window", "10x"], "a number of seconds from 1 to 86400"),
        (["--scheduled", "2027-01-16T02:00:00Z", "--until-verified"], "--until-verified needs somebody who waits"),
        (["--scheduled", "2027-01-16T02:00:00Z", "--cleanup"], "--cleanup needs somebody who waits"),
        (["--scheduled", "2027-01-16T02:00:00Z", "--unschedule"], "--scheduled and --unschedule exclude each other"),
        (["--when-ready", "--unschedule"], "--unschedule and --when-ready exclude each other"),
        (["--window", "10m"], "--window belongs to --scheduled"),
        (["--wait", "10m"], "--wait belongs to --when-ready"),
        (["--when-ready", "--wait", "0"], "a number of seconds from 1 to 2592000"),
        (["--when-ready", "--wait", "-5m"], "a number of seconds from 1"),
        (["--when-ready", "--wait", "live_sync"], "a number of seconds from 1"),
        (["--max-pause", "0"], "a number from 10 to 600000"), (["--max-lag", "-1"], "a number from 0"),
        (["--fence", "wall"], "acl, pause, none"), (["--verify", "some"], "full, sample, none"),
    ])
    func aCutoverThatCannotBe(options: [String], words: String) throws {
        try expectRefusal(["cutover", "mig_0000000000"] + options, .usage, words)
    }

    @Test(arguments: [
        (["--parallel", "0"], "--parallel cannot be '0': allowed is a number from 1 to 64"),
        (["--parallel", "x"], "a number from 1 to 64"), (["--batch-size", "0"], "a number from 1 to 100000"),
        (["--max-rate", "-1"], "--max-rate cannot be '-1': allowed is a number from 0 to 10000000"),
        (["--max-rate", "10mb"], "--max-rate cannot be '10mb'"),
        (["--max-bandwidth", "-1"], "a number of bytes from 0"),
        (["--max-bandwidth", "5x"], "--max-bandwidth cannot be '5x': allowed is a number of bytes"),
        (["--max-bandwidth", "99999999999gb"], "--max-bandwidth cannot be"),
        (["--parallel", "8", "--timeout", "5"], "unknown option"),
        (
            [],
            "nothing to update; give one or more of --parallel, --batch-size, --max-rate, --max-bandwidth and --accept-skew"
        ),
        (["--parallel", "8"], "there is no migration mig_0000000000"),
    ])
    func anUpdateThatCannotBe(options: [String], words: String) throws {
        try expectRefusal(["update", "mig_0000000000"] + options, .usage, words)
    }

    @Test func quietAndVerboseExcludeEachOther() throws {
        for verb in [["status", "ALL"], ["config", "show"], ["config", "check"], ["cancel", "mig_0000000000"]] {
            try expectRefusal(verb + ["--quiet", "--verbose"], .usage, "--quiet and --verbose exclude each other")
        }
        try expectRefusal(["status", "ALL", "--color", "red"], .usage, "auto, always, never")
        try expectRefusal(["status", "ALL", "--log-format", "xml"], .usage, "text, json")
    }

    @Test func aSampleOutOfRange() throws {
        for text in ["0", "-1", "x"] {
            try expectRefusal(["verify", "mig_0000000000", "--sample", text], .usage, "a number from 1 to 1000000000")
        }
    }

    /// A machine without tzdata says so, and takes offsets.
    @Test func timeZonesThatAreNotThere() throws {
        let time = "2027-01-16 02:00 Europe/Berlin"
        let run = try Tool.run(["cutover", "mig_0000000000", "--scheduled", time], environment: ["TZDIR": "/none"])
        #expect(run.code == 64 && run.errors.contains("no time zones at /none; install tzdata"), "\(run.errors)")
    }

    @Test func aPhaseToWaitForThatIsNone() throws {
        try expectRefusal(["migrate", "acme", "--target", "b:1", "--wait", "soon"], .usage, "initial_sync, live_sync")
    }

    @Test func aSettingsFileThatIsNotThere() throws {
        try expectRefusal(["status", "ALL", "--config", "/nonexistent.toml"], .configuration, "/nonexistent.toml")
    }

    @Test func aPasswordFileThatIsNotThere() throws {
        let arguments = ["migrate", "acme", "--target", "b:1", "--target-password-file", "/nonexistent"]
        try expectRefusal(arguments, .configuration, "the password file /nonexistent cannot be read")
    }

    @Test func aWorkerWithoutSecrets() throws {
        try expectRefusal(["worker", "mig_0000000000", "--journal", "/nonexistent"], .usage, "there is no migration")
    }

    @Test func aWrongVariable() throws {
        let run = try Tool.run(["status", "ALL"], environment: ["FERRITE_MIGRATE_FORMAT": "xml"])
        #expect(run.code == 78)
        #expect(run.errors == "ferrite-migrate: FERRITE_MIGRATE_FORMAT cannot be 'xml': allowed is raw, pretty, json\n")
    }

    @Test func helpAndVersionAreResults() throws {
        for arguments in [["--help"], ["migrate", "--help"], ["help", "cutover"], ["--version"]] {
            let run = try Tool.run(arguments)
            #expect(run.code == 0 && !run.output.isEmpty && run.errors.isEmpty)
        }
        #expect(try !Tool.run(["--help"]).output.contains("\n  worker"))
    }

    @Test func anEmptyJournalHasNoMigrations() throws {
        #expect(try Tool.run(["status", "ALL", "--format", "json"]).output == "[]\n")
        let raw = try Tool.run(["status", "all"])
        #expect(raw.code == 0 && raw.output.isEmpty)
    }

    @Test func aReaderThatGoesAwayIsNoError() throws {
        let run = try Tool.shell("set -o pipefail; \"$TOOL\" --experimental-dump-help | head -1")
        #expect(run.code == 0)
        #expect(run.output == "{\n")
        #expect(run.errors.isEmpty)
    }

    @Test func aFullDiskIsAnError() throws {
        let run = try Tool.shell("\"$TOOL\" --version > /dev/full")
        #expect(run.code == 1)
        #expect(run.errors == "ferrite-migrate: the result could not be written: No space left on device\n")
    }
}

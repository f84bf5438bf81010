import Foundation
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

/// Places for metrics that cannot be: found before a server is asked and anything is created.
@Suite struct MetricsOptionsTests {
    private static let migrate = ["migrate", "acme", "--source", "127.0.0.1:1", "--target", "127.0.0.1:2"]

    private func expectRefusal(
        _ options: [String],
        _ reason: ExitReason,
        _ words: String,
        environment: [String: String] = [:]
    ) throws {
        let folder = try TemporaryFolder()
        let journal = ["FERRITE_MIGRATE_JOURNAL": folder.file("journal")]
        let run = try Tool.run(Self.migrate + options, environment: environment.merging(journal) { $1 })
        #expect(run.code == Int(reason.rawValue) && run.output.isEmpty, "\(options): \(run.errors)")
        #expect(run.errors.filter(\.isNewline).count == 1 && run.errors.contains(words), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("journal")))
    }

    @Test(arguments: ["9121", "localhost", "::1:9121", "127.0.0.1:99999", "-1", "http://127.0.0.1:1", "a\nb:1"])
    func anAddressThatIsNone(text: String) throws {
        let allowed = "allowed is an address and a port, such as 127.0.0.1:9121 or [::1]:9121, or none"
        try expectRefusal(["--metrics-listen=\(text)"], .usage, allowed)
        let variable = ["FERRITE_MIGRATE_METRICS_LISTEN": text]
        try expectRefusal([], .configuration, allowed, environment: variable)
    }

    @Test(arguments: [
        "metrics_listen = 9121", "metrics_listen = \"9121\"", "metrics_file = \"\"", "metrics_file = true",
    ])
    func aSettingsFileThatIsWrong(line: String) throws {
        let folder = try TemporaryFolder()
        try Data("[tenancy.migration]\n\(line)\n".utf8).write(to: URL(filePath: folder.file("f.toml")))
        try expectRefusal(["--config", folder.file("f.toml")], .configuration, "f.toml, line 2: metrics_")
    }

    @Test(arguments: [("192.0.2.1:9121", "Cannot assign"), ("no-such-host.invalid:9121", "the host is unknown")])
    func anAddressThatIsNotHere(address: String, words: String) throws {
        try expectRefusal(["--metrics-listen", address], .configuration, "cannot listen at \(address): \(words)")
    }

    @Test func aPortThatIsTaken() throws {
        let server = try RedisServer(.v7)
        defer { server.stop() }
        let words = "cannot listen at \(server.address): Address already in use; give another address or port"
        try expectRefusal(["--metrics-listen", server.address], .configuration, words)
        // The option takes back what the environment says, and then only the servers are amiss.
        let variable = ["FERRITE_MIGRATE_METRICS_LISTEN": server.address]
        try expectRefusal(["--metrics-listen", "none"], .unreachable, "cannot be reached", environment: variable)
    }

    @Test func aFileThatCannotBeWritten() throws {
        let folder = try TemporaryFolder()
        for path in ["/nonexistent/a.prom", "/nonexistent/", "/proc/a.prom", "/dev/full"] {
            try expectRefusal(["--metrics-file", path], .configuration, "--metrics-file \(path)")
        }
        try expectRefusal(["--metrics-file", ""], .usage, "a text that is not empty")
        let long = folder.file(String(repeating: "x", count: 300))
        try expectRefusal(["--metrics-file", long], .configuration, "File name too long")
        // Nothing is left of the trial.
        try expectRefusal(["--metrics-file", folder.path], .unreachable, "cannot be reached")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func anEmptyJournalHasNoMetrics() throws {
        let json = try Tool.run(["metrics", "--format", "json"])
        let name = "ferrite_tenant_migration_unreadable"
        #expect(json.output == #"[{"name":"\#(name)","type":"gauge","labels":{},"value":0}]"# + "\n")
        let run = try Tool.run(["metrics", "--format", "pretty"])
        #expect(run.code == 0 && run.errors.isEmpty)
        let series = run.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(series == ["ferrite_tenant_migration_unreadable 0"])
        let mistyped = try Tool.run(["metrics", "--journal", "/nonexistent/journal"])
        #expect(mistyped.code == 0 && mistyped.output == run.output)
        #expect(mistyped.errors == "ferrite-migrate: there is no journal at /nonexistent/journal yet\n")
        #expect(try Tool.run(["metrics", "extra"]).code == 64)
        #expect(try Tool.shell("\"$TOOL\" metrics > /dev/full").code == 1)
    }
}

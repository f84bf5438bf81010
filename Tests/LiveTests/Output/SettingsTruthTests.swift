import Foundation
import MigrationTestSupport
import Testing

/// What `config show` says is what a migration with the same file, variables and options is given.
@Suite(.serialized) struct SettingsTruthTests {
    private static let file = """
        [tenancy.migration]
        parallel_sync = 3
        batch_size = 200
        sync_timeout_secs = 200
        cutover_max_lag = 33
        cutover_max_pause_ms = 3333
        dirty_limit_bytes = "32mb"
        """
    private static let environment = [
        "FERRITE_MIGRATE_BATCH_SIZE": "77", "FERRITE_MIGRATE_TIMEOUT": "77", "FERRITE_MIGRATE_MAX_PAUSE": "7777",
        "FERRITE_MIGRATE_FEED": "notifications",
    ]

    /// The settings, and where they stand in the journal.
    private static let names: [(setting: String, journal: String)] = [
        ("parallel_sync", "parallel"), ("batch_size", "batch_size"), ("sync_timeout_secs", "timeout_s"),
        ("dirty_limit_bytes", "dirty_bytes"), ("big_value_bytes", "big_value_bytes"), ("feed", "feed"),
        ("copy_acl", "copy_acl"), ("default_mode", "mode"), ("databases", "databases"),
        ("cutover_max_lag", "max_lag"), ("cutover_max_pause_ms", "max_pause_ms"), ("cutover_fence", "fence"),
        ("cutover_verify", "verify"),
    ]

    @Test func asShownSoJournalled() throws {
        try CommandStage.run { stage in
            let folder = try TemporaryFolder()
            try Self.file.write(toFile: folder.file("f.toml"), atomically: true, encoding: .utf8)
            let holder = SchemaHolder(stage: stage)
            let config = ["--config", folder.file("f.toml")]
            let servers = Array(stage.tool.migrateArguments(CommandStage.tenant).dropFirst(2))
            let migrate = servers + ["--timeout", "55", "--db", "0"] + config
            let cutover = ["--verify", "sample"] + config
            let show = ["config", "show"] + migrate + ["--verify", "sample"]
            let shown = try JSONValue(holder.hold(show, "config-show", environment: Self.environment).output)
            let start = ["migrate", CommandStage.tenant, "--wait", "live_sync"] + migrate
            let started = try holder.hold(start, "migrate", environment: Self.environment)
            let id = try #require(ToolAnswer(started.output).text("migration_id"))
            try holder.hold(["cutover", id, "--until-verified"] + cutover, "cutover", environment: Self.environment)

            let events = try String(contentsOfFile: "\(stage.tool.journal)/\(id)/events.jsonl", encoding: .utf8)
            let lines = events.split(separator: "\n")
            let request = try #require(lines.first { $0.contains("\"max_pause_ms\"") })
            let records = try [String(lines[0]), String(request)].map { try JSONValue($0) }
            var values: [String: JSONValue] = [:]
            for row in (shown.elements ?? []).compactMap(\.members) {
                if let name = row["setting"]?.string { values[name] = row["value"] }
            }
            for (setting, name) in Self.names {
                let journalled = records.lazy.compactMap { Self.find(name, in: $0) }.first
                #expect(journalled != nil && journalled == values[setting], "\(setting)")
            }
            // One from each place, so that the comparison is one.
            #expect(values["parallel_sync"] == .number(3) && values["batch_size"] == .number(77))
            #expect(values["sync_timeout_secs"] == .number(55) && values["big_value_bytes"] == .number(16_777_216))
        }
    }

    /// The first scalar or list of that name, at any depth.
    private static func find(_ name: String, in value: JSONValue) -> JSONValue? {
        guard let members = value.members else { return nil }
        if let found = members[name], found.members == nil { return found }
        return members.values.lazy.compactMap { find(name, in: $0) }.first
    }
}

import Foundation
import MigrationTestSupport
import Testing

/// Bad input that shows only at a server or in the journal: one line, its exit code, and nothing created.
@Suite(.serialized) struct BadCommandTests {
    @Test func aServerThatWillNotDo() throws {
        try CommandStage.run { stage in
            let migrate = ["migrate", CommandStage.tenant]
            let source = ["--source", stage.source.address]
            let target = ["--target", stage.target.address]
            try stage.expectRefusal(
                migrate + source + ["--target", "127.0.0.1:1"],
                69,
                "127.0.0.1:1 cannot be reached"
            )
            try stage.expectRefusal(
                migrate + source + ["--target", "no-such-host.invalid"],
                69,
                "host name is unknown"
            )
            let wrong = ["FERRITE_MIGRATE_TARGET_PASSWORD": "wrong"]
            let login = ["--target", "redis://nobody@\(stage.target.address)"]
            try stage.expectRefusal(migrate + source + login, 77, stage.target.address, environment: wrong)
            try stage.expectRefusal(["migrate", "nobody"] + source + target, 1, "tenant nobody has no keys")
            let itself = ["--target", "localhost:\(stage.source.port)"]
            try stage.expectRefusal(migrate + source + itself, 78, "are the same server")
            #expect(stage.migrations.isEmpty)
        }
    }

    @Test func aTargetThatHoldsTheTenant() throws {
        try CommandStage.run { stage in
            try stage.target.call("SET", "__tenant:acme:old", "1")
            try stage.expectRefusal(stage.tool.migrateArguments(CommandStage.tenant), 1, "--replace")
            #expect(stage.migrations.isEmpty)
            _ = try stage.migrate(["--replace"])
            try CommandStage.wait { try stage.target.call("EXISTS", "__tenant:acme:old") == .integer(0) }
        }
    }

    @Test func aTargetWithoutRoom() throws {
        try CommandStage.run(keys: 20_000) { stage in
            try stage.target.call("SET", "neighbour", "1")
            try stage.target.call("CONFIG", "SET", "maxmemory", "4mb", "maxmemory-policy", "allkeys-lru")
            let migrate = stage.tool.migrateArguments(CommandStage.tenant)
            try stage.expectRefusal(migrate, 1, "raise maxmemory")
            #expect(stage.migrations.isEmpty)
            #expect(try stage.target.call("GET", "neighbour").text == "1")
        }
    }

    @Test func whatMigrateWarnsOf() throws {
        try CommandStage.run { stage in
            try stage.target.call("CONFIG", "SET", "maxmemory", "200mb", "maxmemory-policy", "allkeys-lru")
            let run = try stage.tool.run(stage.tool.migrateArguments(CommandStage.tenant))
            #expect(run.code == 0)
            #expect(run.errors.contains("ferrite-migrate: warning: eviction_policy: target "), "\(run.errors)")
        }
    }

    @Test func aJournalThatCannotBeWritten() throws {
        try CommandStage.run { stage in
            let file = NSTemporaryDirectory() + "ferrite-file-\(UUID().uuidString)"
            try Data().write(to: URL(filePath: file))
            defer { try? FileManager.default.removeItem(atPath: file) }
            let arguments = stage.tool.migrateArguments(CommandStage.tenant) + ["--journal", file + "/journal"]
            try stage.expectRefusal(arguments, 78, "--journal")
        }
    }

    @Test func aDamagedJournal() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            _ = try stage.tool.json(["cutover", id, "--wait"])
            try CommandStage.wait { stage.tool.processes.isEmpty }
            let state = URL(filePath: "\(stage.tool.journal)/\(id)/state.json")
            try Data("{\"version\":1,".utf8).write(to: state)
            let status = try stage.tool.run(["status", id])
            #expect(status.code == 0 && status.output.contains("phase: completed"))
            #expect(status.errors.filter(\.isNewline).count == 1 && status.errors.contains("state.json is damaged"))
            try Data("{\"version\":99}".utf8).write(to: state)
            try stage.expectRefusal(["status", id], 78, "has version 99")
            try FileManager.default.removeItem(at: state)
            #expect(try stage.tool.status(id).text("phase") == "completed")
        }
    }
}

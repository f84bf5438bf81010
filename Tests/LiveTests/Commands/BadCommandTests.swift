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
            _ = try stage.tool.json(["cutover", id, "--until-verified"])
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

    /// What can be read is shown, and the exit code says that it is not all.
    @Test func allWithADamagedJournal() throws {
        try CommandStage.run(keys: 50) { stage in
            let id = try stage.migrate()
            let folder = stage.tool.journal + "/mig_0123456789"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("garbage\n".utf8).write(to: URL(filePath: folder + "/events.jsonl"))
            let run = try stage.tool.run(["status", "ALL"])
            #expect(run.code == 1 && run.output.contains("migration_id: \(id)"), "\(run.output)")
            let lines = run.errors.split(separator: "\n")
            #expect(lines.count == 2 && lines[0].contains("warning: mig_0123456789: line 1 of"), "\(run.errors)")
            #expect(lines.last?.contains("mig_0123456789 cannot be read") == true, "\(run.errors)")
            let json = try stage.tool.run(["status", "ALL", "--format", "json"])
            #expect(json.code == 1 && json.output.contains("\"migration_id\":\"\(id)\""))
            try FileManager.default.removeItem(atPath: folder)
            #expect(try stage.tool.run(["status", "ALL"]).code == 0)
        }
    }

    /// The server decides whether there is such a database, and whether two addresses are one server.
    @Test func whatTheServersSayOfTheCommandLine() throws {
        try CommandStage.run(keys: 5) { stage in
            let arguments = stage.tool.migrateArguments(CommandStage.tenant)
            try stage.expectRefusal(arguments + ["--db", "99"], 78, "has no database 99")
            let source = ["--source", "127.0.0.1:\(stage.source.port)"]
            for same in ["127.0.0.1:\(stage.source.port)", "localhost:\(stage.source.port)"] {
                let migrate = ["migrate", CommandStage.tenant] + source + ["--target", same]
                try stage.expectRefusal(migrate, 78, "the same server")
            }
        }
    }
}

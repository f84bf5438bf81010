import Foundation
import MigrationTestSupport
import Testing

/// The binary as an operator uses it, with a worker of its own.
@Suite(.serialized) struct DetachedMigrationTests {
    @Test func fromMigrateToVerify() throws {
        try CommandStage.run { stage in
            let started = try stage.tool.run(stage.tool.migrateArguments(CommandStage.tenant))
            #expect(started.code == 0, "\(started.errors)")
            let lines = started.output.split(separator: "\n")
            #expect(lines.map { $0.prefix { $0 != ":" } } == ["migration_id", "status", "progress"])
            let id = String(lines[0].dropFirst("migration_id: ".count))
            try CommandStage.wait { try stage.tool.status(id).text("phase") == "live_sync" }

            let all = try stage.tool.run(["status", "ALL"])
            #expect(all.output.hasPrefix("migration_id: \(id), tenant: acme, "))
            #expect(try stage.tool.run(["verify", id]).output.hasSuffix("status: verified\n"))

            let cutover = try stage.tool.run(["cutover", id, "--until-verified"])
            #expect(cutover.code == 0, "\(cutover.errors)")
            #expect(cutover.output.hasPrefix("status: completed\ndowntime_ms: "))
            #expect(cutover.output.contains("keys_migrated: 500\nverification: verified (500/500)\n"))
            try CommandStage.wait { stage.tool.processes.isEmpty }
            #expect(try stage.tool.status(id).text("phase") == "completed")
            // The source still has the tenant's data.
            #expect(try stage.tool.run(["status", "all"]).output.hasPrefix("migration_id: \(id), "))
            #expect(try stage.tool.run(["cleanup", id, "--yes"]).code == 0)
            #expect(try stage.tool.run(["status", "all"]).output.isEmpty)
            #expect(try stage.tool.run(["status", "all", "--all"]).output.hasPrefix("migration_id: \(id), "))
        }
    }

    /// The id is on standard output although what was waited for never comes.
    @Test func aMigrationThatEndsBeforeItsGoal() throws {
        try CommandStage.run { stage in
            let folder = try TemporaryFolder()
            let process = try stage.tool.start(
                stage.tool.migrateArguments(CommandStage.tenant, ["--wait", "completed"]),
                output: folder.file("out"),
                errors: folder.file("err")
            )
            try CommandStage.wait {
                guard let id = stage.migrations.first else { return false }
                return try stage.tool.status(id).text("phase") == "live_sync"
            }
            for worker in stage.tool.processes where worker != process.pid { kill(worker, SIGTERM) }
            #expect(process.wait().code == 1)
            let output = String(decoding: folder.contents("out"), as: UTF8.self)
            #expect(output.hasPrefix("migration_id: \(stage.migrations[0])\nstatus: "), "\(output)")
            let errors = String(decoding: folder.contents("err"), as: UTF8.self)
            let last = errors.split(separator: "\n").last ?? ""
            #expect(last.contains("\(stage.migrations[0]) ended in live_sync: interrupted: SIGTERM"), "\(errors)")
        }
    }

    @Test func aDifferenceIsFoundAfterTheEnd() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            _ = try stage.tool.json(["cutover", id, "--until-verified"])
            try stage.target.call("SET", "__tenant:acme:planted", "1")
            let across = try stage.tool.run(["verify", id])
            #expect(across.code == 0 && across.output.hasSuffix("status: verified\n"))
            let run = try stage.tool.run(["verify", id, "--again"])
            #expect(run.code == 2)
            #expect(run.output.contains("difference: db 0 __tenant:acme:planted: missing at source"))
            #expect(run.errors.filter(\.isNewline).count == 1 && run.errors.contains("traffic was switched"))
        }
    }

    @Test func aTenantIsMovedOnceAtATime() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let again = stage.tool.migrateArguments(CommandStage.tenant)
            try stage.expectRefusal(again, 75, "is already being migrated from")
            try TenantSeed(tenant: "other", keys: 5).write(to: stage.source.endpoint)
            let other = stage.tool.migrateArguments("other")
            let limit = ["FERRITE_MIGRATE_MAX_CONCURRENT": "1"]
            try stage.expectRefusal(other, 75, "max_concurrent is 1", environment: limit)
            #expect(stage.migrations == [id])
        }
    }

    @Test func aWorkerEndsCleanlyAtASignal() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            #expect(stage.tool.processes.count == 2, "a supervisor and its worker")
            // How long the source keeps its stream is told when its pace is known.
            let state = "\(stage.tool.journal)/\(id)/state.json"
            try CommandStage.wait {
                // Within the status it is a measurement; the worker's own word is beside it.
                let text = try String(contentsOfFile: state, encoding: .utf8)
                return ToolAnswer(text).text("backlog_end") != nil
            }
            kill(try #require(stage.tool.processes.randomElement()), SIGTERM)
            try CommandStage.wait { stage.tool.processes.isEmpty }
            let status = try stage.tool.status(id)
            #expect(status.text("phase") == "live_sync")
            let note = try #require(status.text("note"))
            #expect(note.hasPrefix("interrupted: SIGTERM ended the worker; run resume \(id) to go on, until about 20"))
            try stage.expectRefusal(["cutover", id], 1, "SIGTERM ended the worker; run resume")
            #expect(try stage.tool.run(["status", id, "--watch"]).code == 1)
            #expect(try stage.tool.json(["resume", id, "--wait", "live_sync"]).text("phase") == "live_sync")
            #expect(try stage.tool.json(["cutover", id, "--until-verified"]).text("status") == "completed")
        }
    }

    @Test func passwordsStandNowhere() throws {
        try CommandStage.run(password: "hunter2-of-the-test") { stage in
            let id = try stage.migrate()
            let worker = try #require(stage.tool.processes.first)
            var places = ["environ", "cmdline"].map { "/proc/\(worker)/\($0)" }
            let folder = "\(stage.tool.journal)/\(id)"
            places += try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
            for place in places where !place.hasSuffix(".sock") {
                let bytes = FileManager.default.contents(atPath: place) ?? Data()
                #expect(bytes.range(of: Data("hunter2".utf8)) == nil, "\(place)")
            }
            // The password of a migration whose worker has ended is asked for again, by name.
            _ = try stage.tool.json(["cutover", id, "--until-verified", "--fence", "none"])
            let unset = ["FERRITE_MIGRATE_SOURCE_PASSWORD": ""]
            try stage.expectRefusal(
                ["verify", id, "--again"],
                64,
                "FERRITE_MIGRATE_SOURCE_PASSWORD",
                environment: unset
            )
        }
    }

    @Test func aTenantWithoutUsersNeedsAnotherFence() throws {
        try CommandStage.run(user: false) { stage in
            let id = try stage.migrate()
            try stage.expectRefusal(["cutover", id], 77, "--fence pause")
            #expect(try stage.tool.status(id).text("phase") == "live_sync")
            let cutover = try stage.tool.run([
                "cutover", id, "--fence", "pause", "--format", "json", "--until-verified",
            ])
            #expect(cutover.code == 0)
            let note = ToolAnswer(cutover.output).text("note")
            #expect(note?.contains("still takes the tenant's writes") == true)
            #expect(cutover.errors.isEmpty, "said once: \(cutover.errors)")
            #expect(try stage.tool.status(id).text("note") == note)
        }
    }

    @Test func aReaderOfWatchThatLeavesEndsIt() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let line = "set -o pipefail; \"\(stage.tool.program)\" status \(id) --watch | head -1"
            let run = try ProgramRun(
                path: "/bin/bash",
                arguments: ["-c", line],
                environment: stage.tool.environment,
                timeout: 30
            )
            #expect(run.code == 0)
            #expect(run.output.filter(\.isNewline).count == 1)
            #expect(run.errors.isEmpty)
        }
    }
}

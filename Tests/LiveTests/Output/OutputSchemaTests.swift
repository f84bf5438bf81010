import Foundation
import MigrationTestSupport
import Testing

/// Every verb's JSON, through whole lives of migrations.
@Suite(.serialized) struct OutputSchemaTests {
    @Test func fromValidateToCleanup() throws {
        try CommandStage.run { stage in
            let holder = SchemaHolder(stage: stage)
            try holder.hold(stage.tool.validateArguments(CommandStage.tenant), "validate")
            let nowhere = ["validate", "acme", "--source", stage.source.address, "--target", "127.0.0.1:1"]
            try holder.hold(nowhere, "validate", code: 69)
            let options = ["--wait", "live_sync", "--log-format", "json", "--verbose"]
            let started = try holder.hold(stage.tool.migrateArguments(CommandStage.tenant, options), "migrate")
            #expect(started.errors.contains("\"notice\":\"asking source"), "\(started.errors)")
            let id = try #require(ToolAnswer(started.output).text("migration_id"))
            for verb in ["status", "pause", "status", "resume"] { try holder.hold([verb, id], "status") }
            try holder.hold(["status", "ALL"], "status-list")
            let metrics = try holder.hold(["metrics"], "metrics")
            #expect(metrics.output.contains(#""ferrite_tenant_migration_lag_keys","type":"gauge""#))
            try holder.hold(["verify", id], "verify")
            try holder.hold(["verify", id, "--sample", "10"], "verify")
            let limits = ["--parallel", "2", "--max-rate", "5000", "--max-bandwidth", "10mb"]
            try holder.hold(["update", id] + limits, "status")
            let client = try stage.source.connect(user: "acme-app", password: "secret")
            try client.send(Bytes("BLPOP __tenant:acme:nothing 0\r\n".utf8))
            let plan = try holder.hold(["cutover", id, "--plan"], "cutover-plan")
            #expect(ToolAnswer(plan.output).list("fenced_users").count == 1)
            try holder.hold(["cutover", id, "--scheduled", "2099-01-01T00:00:00Z"], code: 64)
            let soon = Date(timeIntervalSinceNow: 3600).formatted(.iso8601)
            try holder.hold(["cutover", id, "--scheduled", soon], "schedule")
            try holder.hold(["cutover", id, "--scheduled", soon, "--window", "1m"], "schedule")
            let scheduled = try holder.hold(["status", id], "status")
            #expect(ToolAnswer(scheduled.output).text("scheduled_for") != nil)
            try holder.hold(["cutover", id, "--unschedule"], "schedule")
            try holder.hold(["cutover", id, "--until-verified"], "cutover")
            try holder.hold(["verify", id], "verify")
            try CommandStage.wait { stage.tool.processes.isEmpty }
            try holdTheLog(of: id, stage)
            try stage.target.call("SET", "__tenant:acme:planted", "1")
            let again = try holder.hold(["verify", id, "--again"], "verify", code: 2)
            #expect(ToolAnswer(again.output).list("differences").count == 1)
            try holder.hold(["status", id], "status")
            try holder.hold(["cleanup", id, "--yes"], "cleanup")
            let status = try holder.hold(["status", id], "status")
            #expect(ToolAnswer(status.output).object("cleanup") != nil)
        }
    }

    /// A worker logs as the command that started it was told to.
    private func holdTheLog(of id: String, _ stage: CommandStage) throws {
        let path = "\(stage.tool.journal)/\(id)/worker.log"
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count > 5)
        for line in lines { try SchemaHolder.hold(line, "log") }
        let answers = lines.map { ToolAnswer(String($0)) }
        #expect(answers.contains { $0.text("message") == "event" && $0.text("phase") == "live_sync" })
        #expect(answers.contains { $0.text("level") == "debug" }, "--verbose")
    }

    @Test func aLaterResumeDecidesHowItsWorkerLogs() throws {
        try CommandStage.run(keys: 50) { stage in
            let id = try stage.migrate(["--log-format", "json"])
            for process in stage.tool.processes { kill(process, SIGTERM) }
            try CommandStage.wait { stage.tool.processes.isEmpty }
            let path = "\(stage.tool.journal)/\(id)/worker.log"
            let before = try String(contentsOfFile: path, encoding: .utf8)
            for line in before.split(separator: "\n") { try SchemaHolder.hold(line, "log") }
            _ = try stage.tool.json(["resume", id, "--wait", "live_sync"])
            let after = try String(contentsOfFile: path, encoding: .utf8).dropFirst(before.count)
            #expect(after.contains(" info event event=") && !after.contains("{"), "\(after)")
            _ = try stage.tool.json(["cancel", id])
        }
    }

    @Test func cancelAndErrors() throws {
        try CommandStage.run(user: false) { stage in
            let holder = SchemaHolder(stage: stage)
            let migrate = stage.tool.migrateArguments(CommandStage.tenant)
            let id = try #require(ToolAnswer(try holder.hold(migrate, "migrate").output).text("migration_id"))
            try holder.hold(migrate, code: 75)
            try CommandStage.wait { try stage.tool.status(id).text("phase") == "live_sync" }
            try holder.hold(["cutover", id], code: 77)
            try holder.hold(["status", id], "status")
            try stage.target.call("SET", "__tenant:acme:foreign", "1")
            let cancel = try holder.hold(["cancel", id], "cancel")
            #expect(cancel.errors.contains("\"warning\"") && ToolAnswer(cancel.output).integer("keys_left") == 1)
            #expect(try holder.hold(["cancel", id], "cancel").output == cancel.output)
            try holder.hold(["status", id], "status")
            for verb in ["pause", "resume", "cutover"] { try holder.hold([verb, id], code: 1) }
            try holder.hold(["cleanup", id, "--yes"], code: 1)
            try holder.hold(["status", "mig_0000000000"], code: 64)
            try holder.hold(["migrate", "acme", "--frobnicate"], code: 64)
            try holder.hold(["status", "ALL"], "status-list")
        }
    }

    @Test func settings() throws {
        try CommandStage.run(keys: 1) { stage in
            let folder = try TemporaryFolder()
            let path = folder.file("f.toml")
            let text = "[tenancy.migration]\nparalel = 1\ndatabases = [1]\nbatch_size = 0\n"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let holder = SchemaHolder(stage: stage)
            try holder.hold(["config", "check", path], "config-check", code: 78)
            try holder.hold(["config", "show", "--config", path], code: 78)
            try text.replacing("batch_size = 0", with: "").write(toFile: path, atomically: true, encoding: .utf8)
            let run = try holder.hold(["config", "show", "--config", path, "--parallel", "2"], "config-show")
            #expect(run.errors.contains("\"warning\""))
            try holder.hold(["config", "check", path], "config-check")
        }
    }

    @Test func theWatchOfALife() throws {
        try CommandStage.run { stage in
            let folder = try TemporaryFolder()
            let id = try stage.migrate()
            let watches = try [id, "ALL"].map { what in
                try stage.tool.start(
                    ["status", what, "--watch", "--format", "json"],
                    output: folder.file(what),
                    errors: folder.file("errors")
                )
            }
            // Written at once, not when the program ends.
            try CommandStage.wait { [id, "ALL"].allSatisfy { !folder.contents($0).isEmpty } }
            _ = try stage.tool.json(["pause", id])
            try CommandStage.wait {
                [id, "ALL"].allSatisfy { String(decoding: folder.contents($0), as: UTF8.self).contains("paused") }
            }
            _ = try stage.tool.json(["resume", id])
            try CommandStage.wait { try stage.tool.status(id).text("phase") == "live_sync" }
            _ = try SchemaHolder(stage: stage).hold(["cutover", id, "--cleanup", "--yes"], "cutover", "cleanup")
            for watch in watches { #expect(watch.wait().code == 0) }
            #expect(folder.contents("errors").isEmpty)
            for what in [id, "ALL"] {
                let lines = String(decoding: folder.contents(what), as: UTF8.self).split(separator: "\n")
                #expect(lines.count >= 3, "\(lines)")
                for line in lines { try SchemaHolder.hold(line, "status") }
                for (one, next) in zip(lines, lines.dropFirst()) { #expect(one != next, "a line is a change") }
                #expect(lines.last?.contains("\"phase\":\"completed\"") == true, "\(lines)")
            }
        }
    }

    @Test func theForeground() throws {
        try CommandStage.run { stage in
            let options = ["--foreground", "--format", "json", "--verbose"]
            let folder = try TemporaryFolder()
            let process = try stage.tool.start(
                stage.tool.migrateArguments(CommandStage.tenant, options),
                output: folder.file("out"),
                errors: folder.file("err")
            )
            try CommandStage.wait {
                guard let id = stage.migrations.first else { return false }
                return try stage.tool.status(id).text("phase") == "live_sync"
            }
            _ = try stage.tool.json(["cutover", stage.migrations[0], "--until-verified"])
            #expect(process.wait().code == 0)
            let lines = String(decoding: folder.contents("out"), as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 2)
            for (line, schema) in zip(lines, ["migrate", "status"]) { try SchemaHolder.hold(line, schema) }
            // Notices, and the log of the migration, which runs in this process.
            let errors = String(decoding: folder.contents("err"), as: UTF8.self).split(separator: "\n")
            #expect(errors.contains { $0.hasPrefix("{\"notice\"") } && errors.contains { $0.hasPrefix("{\"time\"") })
            for line in errors {
                let isLog = line.hasPrefix("{\"time\"")
                if isLog { try SchemaHolder.hold(line, "log") } else { try SchemaHolder.holdErrors(String(line)) }
            }
        }
    }
}

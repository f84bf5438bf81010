import Foundation
import MigrationEngine
import MigrationTestSupport
import Testing

/// `update` as an operator uses it.
@Suite(.serialized) struct UpdateCommandTests {
    @Test func aRunningWorkerIsUpdated() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate(
                ["--parallel", "3", "--max-bandwidth", "10mb", "--metrics-listen", "127.0.0.1:0"]
            )
            let begun = try stage.tool.status(id)
            #expect(begun.integer("parallel") == 3 && begun.integer("batch_size") == 1000)
            #expect(begun.integer("max_bandwidth_bytes") == 10 << 20 && begun.integer("max_rate_keys") == nil)
            // Settings are for new migrations.
            let run = try stage.tool.run(
                ["update", id, "--parallel", "8", "--max-rate", "5000", "--max-bandwidth", "0"],
                environment: ["FERRITE_MIGRATE_BATCH_SIZE": "7"],
                timeout: 60
            )
            #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
            #expect(run.output.contains("max_rate_keys: 5000\n") && !run.output.contains("bandwidth"), "\(run.output)")
            let status = try stage.tool.status(id)
            #expect(status.integer("parallel") == 8 && status.integer("batch_size") == 1000)
            #expect(status.integer("max_rate_keys") == 5000 && status.integer("max_bandwidth_bytes") == nil)
            // What it answers is the status, with all that the worker says of itself.
            let answer = try stage.tool.json(["update", id, "--parallel", "8"])
            let address = status.text("metrics_address")
            #expect(address != nil && answer.text("metrics_address") == address)
            try CommandStage.wait { try Self.lanes(stage.source) == 8 }
            let events = try String(contentsOfFile: "\(stage.tool.journal)/\(id)/events.jsonl", encoding: .utf8)
            let update = #"{"updated":{"update":{"max_bandwidth_bytes":0,"max_rate_keys":5000,"parallel":8}}}"#
            #expect(events.contains(update), "\(events)")
        }
    }

    /// What was updated holds for every worker after that, however the last one ended.
    @Test func anUpdateOutlivesItsWorker() throws {
        try FaultStage.run { faults in
            let id = try faults.stage.migrate()
            _ = try faults.tool.json(["update", id, "--parallel", "7", "--batch-size", "50"])
            faults.more()
            faults.killAll()
            try CommandStage.wait { faults.tool.processes.isEmpty }
            faults.more()
            #expect(try faults.tool.status(id).integer("parallel") == 7)
            let run = try faults.tool.run(["update", id, "--max-rate", "100000", "--format", "json"])
            #expect(run.code == 0, "\(run.errors)")
            #expect(run.errors.contains("no worker of \(id) lives: what was updated counts from"), "\(run.errors)")
            #expect(ToolAnswer(run.output).integer("max_rate_keys") == 100_000)
            _ = try faults.tool.json(["resume", id, "--wait", "live_sync"])
            let status = try faults.tool.status(id)
            #expect(status.integer("parallel") == 7 && status.integer("batch_size") == 50)
            #expect(status.integer("max_rate_keys") == 100_000)
            try CommandStage.wait { try Self.lanes(faults.stage.source) == 7 }
            try faults.finish()
        }
    }

    @Test func aFailedMigrationIsUpdatedForItsResume() throws {
        try CommandStage.run(keys: 3000) { stage in
            let migrate = stage.tool.migrateArguments(CommandStage.tenant, ["--max-rate", "100", "--timeout", "8"])
            _ = try stage.tool.run(migrate)
            let id = try #require(stage.migrations.first)
            try CommandStage.wait { try stage.tool.status(id).text("phase") == "failed" }
            try CommandStage.wait { stage.tool.processes.isEmpty }
            #expect(try stage.tool.json(["update", id, "--max-rate", "0"]).text("phase") == "failed")
            _ = try stage.tool.json(["resume", id, "--wait", "live_sync"])
            #expect(try stage.tool.status(id).integer("max_rate_keys") == nil)
        }
    }

    /// Refused in one line; nothing is changed.
    @Test func whatCannotBeUpdated() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            try stage.expectRefusal(["update", id, "--parallel", "0"], 64, "allowed is a number from 1 to 64")
            try stage.expectRefusal(["update", id, "--max-bandwidth", "5x"], 64, "also as 64mb or 1gb")
            try stage.expectRefusal(
                ["update", id],
                64,
                "--parallel, --batch-size, --max-rate, --max-bandwidth and --accept-skew"
            )
            try stage.expectRefusal(["update", "mig_0000000000", "--parallel", "2"], 64, "there is no migration")
            _ = try stage.tool.json(["cutover", id, "--until-verified"])
            let ended = "\(id) cannot be updated: it is completed already"
            try stage.expectRefusal(["update", id, "--parallel", "2"], 1, ended)
            #expect(try stage.tool.status(id).integer("parallel") == 4)
        }
    }

    /// A cutover is short: what is asked for meanwhile has to wait for it.
    @Test func aCutoverIsNotUpdated() throws {
        try CommandStage.run { stage in
            let environment = [FailPoint.variable: "drain:hang"]
            let migrate = try stage.tool.run(
                stage.tool.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"]),
                environment: environment,
                timeout: 60
            )
            #expect(migrate.code == 0, "\(migrate.errors)")
            let id = try #require(stage.migrations.first)
            let cutover = try stage.tool.start(["cutover", id, "--max-pause", "4000"])
            try CommandStage.wait { stage.tool.events.contains("fence_raised") }
            let words = "\(id) cannot be updated: a cutover is under way; wait for it"
            try stage.expectRefusal(["update", id, "--parallel", "2"], 75, words)
            #expect(cutover.wait().code == 75)
            #expect(try stage.tool.json(["update", id, "--parallel", "2"]).integer("parallel") == 2)
        }
    }

    private static func lanes(_ server: RedisServer) throws -> Int {
        (try server.call("CLIENT", "LIST").text ?? "").split(whereSeparator: \.isNewline)
            .count { $0.contains(" name=ferrite-migrate:mig_") }
    }
}

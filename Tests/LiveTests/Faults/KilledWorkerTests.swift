import Foundation
import MigrationEngine
import MigrationTestSupport
import Testing

extension Faults {
    /// Processes that are killed, and commands that come at the wrong moment.
    @Suite struct KilledWorkerTests {
        /// What changed since the worker died is no difference.
        @Test func nothingIsComparedWhileAnotherWorkerIsAwaited() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                let worker = try #require(try faults.worker)
                let supervisors = faults.tool.processes.filter { $0 != worker }
                for process in supervisors { kill(process, SIGSTOP) }
                kill(worker, SIGKILL)
                try CommandStage.wait { try faults.worker == nil }
                faults.more()
                let words = "the worker of \(id) has just died and is started again; try again"
                try faults.stage.expectRefusal(["verify", id], 75, words)
                for process in supervisors { kill(process, SIGCONT) }
                try faults.finish()
            }
        }

        /// Where no worker comes, either, a comparison says what its differences are.
        @Test func aComparisonWithoutAWorkerSaysWhatDiffers() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                faults.killAll()
                faults.more()
                let run = try faults.tool.run(["verify", id])
                #expect(run.code == 2)
                #expect(run.errors.contains("no worker of \(id) lives: what changed"), "\(run.errors)")
                try faults.finish()
            }
        }

        /// The supervisor starts another worker, again and again, without anybody's doing.
        @Test func theSupervisorStartsAnotherWorker() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                for _ in 0..<2 {
                    faults.more()
                    let worker = try #require(try faults.worker)
                    kill(worker, SIGKILL)
                    try CommandStage.wait { try faults.worker.map { $0 != worker } ?? false && faults.isLive }
                }
                #expect(try faults.tool.status(id).text("note") == nil)
                try faults.finish()
            }
        }

        /// As when the machine loses its power: nobody is left, and the source has gone on.
        @Test(arguments: ["initial_sync", "live_sync"])
        func allProcessesAreKilled(phase: String) throws {
            try FaultStage.run(keys: 3000) { faults in
                let id = try faults.tool.migrate(CommandStage.tenant, ["--wait", phase])
                faults.more()
                faults.killAll()
                faults.more(200)
                let before = faults.copied
                _ = try faults.tool.json(["resume", id, "--wait", "live_sync"])
                if phase == "live_sync" {
                    #expect(faults.copied - before < 2000, "what was equal is not copied again")
                }
                try faults.finish()
            }
        }

        /// The fence is lowered by the supervisor as soon as the worker that raised it is dead.
        @Test func theSupervisorLowersTheFence() throws {
            try FaultStage.run { faults in
                let environment = [FailPoint.variable: "drain:crash"]
                let run = try faults.tool.run(
                    faults.tool.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"]),
                    environment: environment,
                    timeout: 60
                )
                #expect(run.code == 0, "\(run.errors)")
                let cutover = try faults.tool.run(["cutover", faults.id])
                #expect(cutover.code == 1 && cutover.errors.contains("ended before it answered"))
                // The writer would stand still if the fence were up.
                faults.more(300)
                try faults.finish()
            }
        }

        /// A worker that stands still with the fence up is killed when its pause budget is over.
        @Test func theSupervisorKillsAWorkerThatHangsInTheFence() throws {
            try FaultStage.run { faults in
                let environment = [FailPoint.variable: "drain:hang"]
                _ = try faults.tool.run(
                    faults.tool.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"]),
                    environment: environment,
                    timeout: 60
                )
                let worker = try #require(try faults.worker)
                let cutover = try faults.tool.start(["cutover", faults.id, "--max-pause", "2000"])
                try CommandStage.wait { faults.tool.events.contains("fence_raised") }
                kill(worker, SIGSTOP)
                faults.more(300)
                #expect(try faults.worker != worker)
                #expect(cutover.wait().code == 1)
                try faults.finish()
            }
        }

        @Test func twoThatResumeAtTheSameMoment() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                faults.killAll()
                try CommandStage.wait { faults.tool.processes.isEmpty }
                let results = try (0..<3).map { _ in
                    try faults.tool.start(["resume", id])
                }
                .map { $0.wait().code }
                #expect(results == [0, 0, 0])
                #expect(faults.tool.processes.count == 2, "one worker and its supervisor")
                try faults.finish()
                try faults.stage.expectRefusal(["resume", id], 1, "it is completed already")
                try faults.stage.expectRefusal(["cancel", id], 1, "migrate the tenant from the target to the source")
                try faults.stage.expectRefusal(["pause", id], 1, "it is completed")
            }
        }

        /// Where the backlog has not kept what changed meanwhile, everything is copied again, and said.
        @Test func theSourceHasLostThePosition() throws {
            try FaultStage.run { faults in
                try faults.stage.source.call("CONFIG", "SET", "repl-backlog-size", 16384)
                let id = try faults.stage.migrate()
                faults.killAll()
                faults.more(600)
                try faults.stage.target.call("SET", "__tenant:acme:stale", "1")
                _ = try faults.tool.json(["resume", id, "--wait", "live_sync"])
                #expect(faults.tool.events.contains("gap"), "no gap in the journal")
                #expect(try faults.stage.target.call("EXISTS", "__tenant:acme:stale").integer == 0)
                try faults.finish()
            }
        }
    }
}

extension FaultStage {
    /// The process that holds the migration's lock.
    var worker: pid_t? {
        get throws {
            let text = try? String(contentsOfFile: "\(tool.journal)/\(id)/lock", encoding: .utf8)
            let pid = text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
            return pid.flatMap { tool.processes.contains($0) ? $0 : nil }
        }
    }

    /// Keys that were ever stored at the target by the tool.
    var copied: Int { (try? stage.target.calls(["restore", "set"])) ?? 0 }
}

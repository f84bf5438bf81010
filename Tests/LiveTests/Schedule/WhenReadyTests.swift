import Foundation
import MigrationCore
import MigrationTestSupport
import Testing

extension Faults {
    /// `cutover --when-ready`, as a script or cron runs it.
    @Suite struct WhenReadyTests {
        /// What a shell sees of one line, in which `$TOOL` is the binary and `$ID` the migration.
        private static func shell(_ line: String, _ faults: FaultStage) throws -> (code: String, errors: String) {
            let run = try ProgramRun(
                path: "/bin/sh",
                arguments: ["-c", line + "; echo code $?"],
                environment: faults.tool.environment.merging(["TOOL": faults.tool.program, "ID": faults.id]) { $1 },
                timeout: 120
            )
            return (run.output.split(separator: "\n").last.map(String.init) ?? "", run.errors)
        }

        private static let ready = "$TOOL cutover $ID --when-ready --max-pause 20000"

        /// The initial sync is waited for.
        @Test func zero() throws {
            try FaultStage.run(keys: 30_000) { faults in
                _ = try faults.tool.migrate(CommandStage.tenant, ["--wait", "initial_sync"])
                let run = try Self.shell("\(Self.ready) --wait 30m", faults)
                #expect(run.code == "code 0", "\(run.errors)")
                #expect(["cleanup", "completed"].contains(try faults.phase()))
                try faults.finish()
                let again = try Self.shell("\(Self.ready) --wait 30m", faults)
                #expect(again.code == "code 1" && again.errors.contains("it is completed already"))
            }
        }

        /// The target stands still, and goes on while the command waits.
        @Test func zeroAfterAWhile() throws {
            try FaultStage.run { faults in
                _ = try faults.stage.migrate()
                faults.stage.target.suspend()
                faults.more(200)
                let target = faults.stage.target
                let helper = Thread {
                    usleep(2_500_000)
                    target.resume()
                }
                helper.start()
                let run = try Self.shell("\(Self.ready) --max-lag 100", faults)
                #expect(run.code == "code 0", "\(run.errors)")
                try faults.finish()
            }
        }

        /// A server that stands still is waited for like one that is away, however long it takes to say so.
        @Test func aServerThatStandsStillIsWaitedFor() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                faults.more()
                let target = faults.stage.target
                target.suspend()
                let helper = Thread {
                    sleep(12)
                    target.resume()
                }
                helper.start()
                let run = try faults.tool.run(["cutover", id, "--when-ready", "--wait", "2m", "--max-lag", "100000"])
                #expect(run.code == 0, "\(run.errors)")
                try CommandStage.wait { try faults.phase() == "completed" }
                try faults.finish()
            }
        }

        /// Its reason is said, and nothing has happened.
        @Test func seventyFive() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                faults.stage.target.suspend()
                faults.more(200)
                let lag = try Self.shell("\(Self.ready) --wait 2s --max-lag 10", faults)
                #expect(lag.code == "code 75")
                #expect(lag.errors.contains("\(id) was not cut over within 2 seconds: "), "\(lag.errors)")
                #expect(lag.errors.contains("lag_keys is") || lag.errors.contains("does not answer"), "\(lag.errors)")
                faults.stage.target.resume()
                try CommandStage.wait { try faults.tool.status(id).integer("lag_keys") ?? 0 < 100 }
                _ = try faults.tool.json(["pause", id])
                let paused = try Self.shell("\(Self.ready) --wait 1", faults)
                #expect(paused.code == "code 75" && paused.errors.contains("\(id) is paused"), "\(paused.errors)")
                #expect(!faults.tool.events.contains("fence_raised"))
                try faults.finish()
            }
        }

        /// What does not pass by itself is not waited for.
        @Test func seventySevenAndOne() throws {
            try CommandStage.run(user: false) { stage in
                let id = try stage.migrate()
                let start = Date()
                try stage.expectRefusal(["cutover", id, "--when-ready", "--wait", "1h"], 77, "no ACL user of its own")
                for process in stage.tool.processes.sorted() { kill(process, SIGKILL) }
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.expectRefusal(["cutover", id, "--when-ready"], 1, "run resume \(id)")
                #expect(Date().timeIntervalSince(start) < 20)
            }
        }

        /// The source is slow once: the pause budget is spent, the fence comes down, and the next try succeeds.
        @Test(arguments: [true, false])
        func aPauseThatWasTooLongIsTriedAgain(isScheduled: Bool) throws {
            try FaultStage.run(proxied: true) { faults in
                let id = try faults.stage.migrate()
                let proxy = try #require(faults.stage.sourceProxy)
                proxy.arm(Fault(.stall(milliseconds: 2500, bothWays: false), .toServer), before: "resetkeys")
                let options = ["--max-pause", "2000", "--max-lag", "100000"]
                if isScheduled {
                    let time = RFC3339.string(from: Date() + 1)
                    _ = try faults.tool.json(["cutover", id, "--scheduled", time] + options)
                    try CommandStage.wait(60) { try faults.phase() == "completed" }
                } else {
                    let run = try faults.tool.run(["cutover", id, "--when-ready", "--until-verified"] + options)
                    #expect(run.code == 0, "\(run.errors)")
                }
                #expect(faults.tool.events.contains("the pause budget ran out while raising the fence"))
                try faults.finish()
            }
        }
    }
}

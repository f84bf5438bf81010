import Foundation
import MigrationCore
import MigrationTestSupport
import Testing

extension Faults {
    /// Cutovers that happen by themselves, with real processes under a writer.
    @Suite struct ScheduledCutoverTests {
        /// The worker dies before its time, once under its supervisor and once with it.
        @Test(arguments: [true, false])
        func itSurvivesTheWorker(isSupervised: Bool) throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                let time = Date() + 6
                let answer = try faults.schedule(time, ["--max-lag", "100000", "--max-pause", "20000"])
                #expect(answer.text("status") == "scheduled" && answer.integer("cutover_window_s") == 600)
                if isSupervised {
                    kill(try #require(try faults.worker), SIGKILL)
                } else {
                    faults.killAll()
                    try CommandStage.wait { faults.tool.processes.isEmpty }
                    #expect(try faults.tool.status(id).text("scheduled_for") != nil)
                    _ = try faults.tool.json(["resume", id])
                }
                #expect(try faults.phase() != "completed" && Date() < time, "it was carried out too early")
                try CommandStage.wait(30) { try faults.phase() == "completed" }
                try faults.expectOneSwitch(at: time)
                try faults.finish()
            }
        }

        /// Nobody was there in the window: it is not made up for.
        @Test func aTimeThatWasMissed() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                _ = try faults.schedule(Date() + 1, ["--window", "1s", "--max-lag", "100000"])
                faults.killAll()
                try CommandStage.wait { faults.tool.processes.isEmpty }
                usleep(2_200_000)
                #expect(try faults.note().contains("was missed: nobody could begin it"))
                #expect(try faults.tool.status(id).text("scheduled_for") == nil)
                _ = try faults.tool.json(["resume", id, "--wait", "live_sync"])
                try CommandStage.wait { try faults.note().contains("was missed: nobody could begin it") }
                #expect(try faults.tool.status(id).text("scheduled_for") == nil)
                usleep(2_200_000)
                #expect(!faults.tool.events.contains("cutover_requested"))
                try faults.finish()
            }
        }

        /// A target that stands still: the lag is too high until the window is over, and no client notices.
        @Test func itIsGivenUpWithItsReason() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                faults.stage.target.suspend()
                faults.more(200)
                let rules = try faults.stage.source.call("ACL", "LIST").array?.compactMap(\.text)
                _ = try faults.schedule(Date() + 1, ["--window", "3", "--max-lag", "10"])
                #expect(try faults.tool.status(id).integer("cutover_window_s") == 3)
                try CommandStage.wait { try faults.note().contains("was given up: ") }
                let note = try faults.note()
                #expect(note.contains("lag_keys is") || note.contains("does not answer"), "\(note)")
                #expect(!faults.tool.events.contains("fence_raised"))
                #expect(try faults.stage.source.call("ACL", "LIST").array?.compactMap(\.text) == rules)
                faults.more(100)
                faults.stage.target.resume()
                try faults.finish()
            }
        }

        /// The same, but the target goes on within the window.
        @Test func itIsTriedAgainWithinTheWindow() throws {
            try FaultStage.run { faults in
                _ = try faults.stage.migrate()
                faults.stage.target.suspend()
                faults.more(200)
                let time = Date() + 1
                _ = try faults.schedule(time, ["--window", "1m", "--max-lag", "100", "--max-pause", "20000"])
                usleep(3_000_000)
                #expect(!faults.tool.events.contains("fence_raised"))
                faults.stage.target.resume()
                try CommandStage.wait(40) { try faults.phase() == "completed" }
                try faults.expectOneSwitch(at: time)
                try faults.finish()
            }
        }

        @Test func itIsReplacedAndTakenBack() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                let first = Date() + 2
                _ = try faults.schedule(first, ["--max-lag", "100000"])
                let run = try faults.tool.run(["cutover", id, "--scheduled", RFC3339.string(from: Date() + 3600)])
                #expect(run.code == 0 && run.output.contains("status: scheduled\nscheduled_for: "), "\(run.output)")
                let place = "it takes the place of the cutover scheduled for \(RFC3339.string(from: first))"
                #expect(run.errors.contains(place), "\(run.errors)")
                usleep(3_000_000)
                #expect(try faults.phase() == "live_sync")
                let taken = try faults.tool.json(["cutover", id, "--unschedule"])
                #expect(taken.text("status") == "unscheduled" && taken.text("replaced") != nil)
                #expect(try faults.tool.status(id).text("scheduled_for") == nil)
                let again = try faults.tool.run(["cutover", id, "--unschedule"])
                #expect(again.code == 0 && again.errors.contains("no cutover of \(id) was scheduled"))
                // By hand all is as ever, and takes a schedule with it.
                _ = try faults.schedule(Date() + 3600)
                try faults.finish()
                #expect(try faults.tool.status(id).text("scheduled_for") == nil)
                let words = "it is completed already"
                try faults.stage.expectRefusal(["cutover", id, "--scheduled", "2999-01-01T00:00:00Z"], 64, "366 days")
                let late = RFC3339.string(from: Date() + 60)
                try faults.stage.expectRefusal(["cutover", id, "--scheduled", late], 1, words)
                try faults.stage.expectRefusal(["cutover", id, "--unschedule"], 1, words)
            }
        }

        @Test func aPausedMigrationIsNotCutOver() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                _ = try faults.tool.json(["pause", id])
                _ = try faults.schedule(Date() + 1, ["--window", "2s", "--max-lag", "100000"])
                try CommandStage.wait { try faults.note().contains("was given up: \(id) is paused") }
                #expect(try faults.phase() == "paused")
                // Within the window a resume is all that it takes.
                _ = try faults.schedule(Date() + 1, ["--max-lag", "100000", "--max-pause", "20000"])
                #expect(try faults.tool.status(id).text("note") == nil)
                usleep(2_000_000)
                _ = try faults.tool.json(["resume", id])
                try CommandStage.wait(30) { try faults.phase() == "completed" }
                try faults.finish()
            }
        }

        /// Without a worker the journal is written, and the next worker reads it.
        @Test func anInterruptedMigrationIsScheduled() throws {
            try FaultStage.run { faults in
                let id = try faults.stage.migrate()
                faults.killAll()
                try CommandStage.wait { faults.tool.processes.isEmpty }
                let time = Date() + 4
                let options = ["--max-lag", "100000", "--max-pause", "20000"]
                let run = try faults.tool.run(["cutover", id, "--scheduled", RFC3339.string(from: time)] + options)
                #expect(run.code == 0 && run.errors.contains("\(id) has no worker"), "\(run.errors)")
                #expect(try faults.tool.status(id).text("scheduled_for") != nil)
                _ = try faults.tool.json(["resume", id])
                try CommandStage.wait(30) { try faults.phase() == "completed" }
                try faults.expectOneSwitch(at: time)
                try faults.finish()
            }
        }

        @Test func aCancelTakesItWithIt() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--scheduled", RFC3339.string(from: Date() + 1)])
                _ = try stage.tool.json(["cancel", id])
                #expect(try stage.tool.status(id).text("scheduled_for") == nil)
                let late = RFC3339.string(from: Date() + 60)
                try stage.expectRefusal(["cutover", id, "--scheduled", late], 1, "it is cancelled already")
            }
        }
    }
}

extension FaultStage {
    fileprivate func schedule(_ time: Date, _ options: [String] = []) throws -> ToolAnswer {
        try tool.json(["cutover", id, "--scheduled", RFC3339.string(from: time)] + options)
    }

    fileprivate func note() throws -> String { try tool.status(id).text("note") ?? "" }

    /// It was carried out, once and not before its time.
    fileprivate func expectOneSwitch(at time: Date) throws {
        let text = try String(contentsOfFile: "\(tool.journal)/\(id)/events.jsonl", encoding: .utf8)
        #expect(text.components(separatedBy: "\"switched\":{\"downtime_ms\"").count - 1 == 2, "step and outcome")
        let requested = try #require(tool.events.time(of: "cutover_requested"))
        #expect(requested >= time.timeIntervalSince1970 - 0.002)
        #expect(try tool.status(id).text("scheduled_for") == nil)
    }
}

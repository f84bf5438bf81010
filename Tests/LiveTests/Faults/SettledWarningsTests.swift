import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    /// What a cutover leaves to the operator is the same whoever brings it to its end.
    @Suite struct SettledWarningsTests {
        /// The worker died right before it wrote the event down: before `switched` the next command settles the cutover,
        /// before `settled` the next worker does.
        @Test(arguments: ["switched", "settled"])
        func aDeathBehindTheSwitchHidesNothing(event: String) throws {
            try CommandStage.run(keys: 50) { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                let note = try #require(try stage.tool.status(id).text("note"))
                #expect(
                    note.contains("the fence at source") && note.contains("the tenant's users at target"),
                    "\(note)"
                )
                try stage.tool.forget(id, from: #"{"cutover":{"event":{"\#(event)""#)
                let dead = try stage.tool.status(id)
                #expect(dead.text("phase") == "cleanup" && dead.text("writable") == "target", "\(dead)")
                #expect(dead.number("downtime_ms") != nil && dead.text("note")?.contains("run resume \(id)") == true)
                try stage.expectRefusal(["cancel", id], 1, "traffic is switched")
                _ = try stage.tool.run(["resume", id, "--wait", "completed"])
                let again = try stage.tool.status(id)
                #expect(again.text("phase") == "completed" && again.text("note") == note, "\(again.text("note") ?? "")")
                #expect(JournalEvents(folder: "\(stage.tool.journal)/\(id)").count(#""settled":"#) == 1)
            }
        }
    }
}

extension MigrateTool {
    /// Cuts the journal off in front of the first record with these words, as a death there would have left it.
    fileprivate func forget(_ id: String, from words: String) throws {
        let events = "\(journal)/\(id)/events.jsonl"
        let lines = try String(contentsOfFile: events, encoding: .utf8).split(separator: "\n")
        let kept = lines.prefix { !$0.contains(words) }
        #expect(kept.count < lines.count, "\(words) is in no record")
        try Data(kept.map { $0 + "\n" }.joined().utf8).write(to: URL(filePath: events))
        try FileManager.default.removeItem(atPath: "\(journal)/\(id)/state.json")
    }
}

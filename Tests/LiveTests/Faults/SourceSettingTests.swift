import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    /// What is changed at the source for a migration's time is put back, whatever happens in between.
    @Suite struct SourceSettingTests {
        private static func backlog(_ server: RedisServer) throws -> String? {
            try server.call("CONFIG", "GET", "repl-backlog-size").array?.last?.text
        }

        @Test(arguments: ["cutover", "cancel", "crash"])
        func theBacklogGrowsForTheMigrationsTime(ending: String) throws {
            try CommandStage.run { stage in
                let before = try Self.backlog(stage.source)
                let id = try stage.migrate(["--grow-backlog", "16mb"])
                #expect(try Self.backlog(stage.source) == "\(16 << 20)")
                if ending == "crash" {
                    for process in stage.tool.processes.sorted() { kill(process, SIGKILL) }
                    _ = try stage.tool.json(["resume", id, "--wait", "live_sync"])
                    #expect(try Self.backlog(stage.source) == "\(16 << 20)")
                }
                _ = try stage.tool.json(ending == "cancel" ? ["cancel", id] : ["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                #expect(try Self.backlog(stage.source) == before)
            }
        }

        /// A feed by notifications that died has left the setting raised; the next worker knows what it was.
        @Test func notificationsArePutBackAfterACrash() throws {
            try CommandStage.run { stage in
                try stage.source.call("CONFIG", "SET", "notify-keyspace-events", "Kg")
                let id = try stage.migrate(["--feed", "notifications"])
                let raised = try stage.source.call("CONFIG", "GET", "notify-keyspace-events").array?.last?.text
                #expect(raised != "gK")
                for process in stage.tool.processes.sorted() { kill(process, SIGKILL) }
                try stage.source.call("SET", "__tenant:acme:meanwhile", "1")
                _ = try stage.tool.json(["resume", id, "--wait", "live_sync"])
                #expect(try stage.target.call("EXISTS", "__tenant:acme:meanwhile").integer == 1)
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                let end = try stage.source.call("CONFIG", "GET", "notify-keyspace-events").array?.last?.text
                #expect(end.map { Set($0) } == Set("Kg"))
            }
        }
    }
}

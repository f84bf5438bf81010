import Glibc
import MigrationTestSupport
import Testing

extension Faults {
    /// Servers that are gone together. Where both come back empty nobody has the data any more, and nothing but what was
    /// known before says that there was any.
    @Suite struct LostDataTests {
        @Test(arguments: [false, true])
        func aSourceThatComesBackEmptyTogetherWithTheTargetIsNotFollowed(workerDies: Bool) throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                if workerDies { for process in stage.tool.processes.sorted() { kill(process, SIGKILL) } }
                stage.target.kill(SIGKILL)
                try stage.source.restart(signal: SIGKILL)
                try stage.target.start()
                // The second worker continues the stream of the empty source, and misses nothing more.
                for attempt in 0..<2 {
                    if workerDies || attempt > 0 { _ = try stage.tool.run(["resume", id]) }
                    try CommandStage.wait(30) { try stage.tool.status(id).text("phase") == "failed" }
                    let message = try stage.tool.status(id).text("error") ?? ""
                    for words in ["has lost all keys of the tenant", "it had 500 before", "run resume \(id)"] {
                        #expect(message.contains(words), "\(message)")
                    }
                    try CommandStage.wait { stage.tool.processes.isEmpty }
                }
                try stage.expectRefusal(["cutover", id], 1, "it has failed")
                try TenantSeed(tenant: "acme", keys: 500).write(to: stage.source.endpoint)
                let resumed = try stage.tool.run(["resume", id, "--wait", "live_sync"])
                #expect(resumed.code == 0, "\(resumed.errors)")
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 500)
            }
        }

        /// That the keys are fewer after a restart is no loss where the changes are known.
        @Test func keysThatTheTenantRemovedItselfAreNotMissed() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                func expect(_ keys: Int) throws {
                    try CommandStage.wait {
                        let status = try stage.tool.status(id)
                        return status.text("phase") == "live_sync" && status.integer("keys_synced") == keys
                    }
                    #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == keys)
                }
                for number in 0..<1000 { try stage.source.call("SET", "__tenant:acme:more\(number)", "1") }
                try expect(1500)
                for number in 0..<1000 { try stage.source.call("UNLINK", "__tenant:acme:more\(number)") }
                try expect(500)
                try stage.source.call("SAVE")
                // What is not saved is missed: a source that has all that it told would be continued.
                try stage.source.call("SET", "__tenant:acme:unsaved", "1")
                try expect(501)
                stage.target.kill(SIGKILL)
                try stage.source.restart(signal: SIGKILL)
                try stage.target.start()
                try CommandStage.wait(30) { stage.tool.events.contains("\"keys_before\":501") }
                try expect(500)
            }
        }
    }
}

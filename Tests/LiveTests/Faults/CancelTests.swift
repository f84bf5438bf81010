import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    @Suite struct CancelTests {
        /// Only what the migration put there goes; what somebody else wrote stays and is named.
        @Test(arguments: [true, false])
        func somebodyElsesKeysStay(hasWorker: Bool) throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                if !hasWorker {
                    for process in stage.tool.processes.sorted() { kill(process, SIGKILL) }
                    try CommandStage.wait { stage.tool.processes.isEmpty }
                }
                try stage.target.call("SET", "__tenant:acme:foreign", "1")
                let before = try KeyspaceDigest(stage.source, tenants: ["acme"])
                let run = try stage.tool.run(["cancel", id])
                #expect(run.code == 0, "\(run.errors)")
                let lines = "status: cancelled\nkeys_removed: 500\nkeys_left: 1\nleft: __tenant:acme:foreign"
                #expect(run.output.contains(lines), "\(run.output)")
                #expect(run.errors.contains("--force"))
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 1)
                #expect(try stage.target.call("ACL", "USERS").array?.compactMap(\.text) == ["default"])
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]) == before)
                try CommandStage.wait { stage.tool.processes.isEmpty }
                #expect(try stage.tool.status(id).text("phase") == "cancelled")
                #expect(try stage.tool.json(["cancel", id]).integer("keys_removed") == 500)
            }
        }

        @Test func forceRemovesEverything() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                try stage.target.call("SET", "__tenant:acme:foreign", "1")
                try stage.target.call("SET", "__tenant:acme-corp:neighbour", "1")
                #expect(try stage.tool.json(["cancel", id, "--force"]).integer("keys_removed") == 501)
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 0)
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme-corp"]).keys == 1)
                // Nothing is in the way of the next attempt.
                _ = try stage.migrate()
            }
        }

        @Test func afterTheSwitchItIsRefused() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--wait"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.expectRefusal(["cancel", id], 1, "to go back, migrate the tenant from the target")
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 500)
            }
        }
    }

    @Suite struct CleanupTests {
        @Test func theSourceIsEmptiedAfterTheEnd() throws {
            try CommandStage.run { stage in
                try TenantSeed(tenant: "acme-corp", keys: 20).write(to: stage.source.endpoint)
                let neighbours = try KeyspaceDigest(stage.source, tenants: ["acme-corp"])
                let id = try stage.migrate()
                try stage.expectRefusal(["cleanup", id, "--yes"], 75, "holds migration")
                _ = try stage.tool.json(["cutover", id, "--wait"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.expectRefusal(["cleanup", id], 64, "--yes")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 500)
                let answer = try stage.tool.json(["cleanup", id, "--yes"])
                #expect(answer.integer("keys_removed") == 500)
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 0)
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme-corp"]) == neighbours)
                #expect(try stage.source.call("ACL", "USERS").array?.compactMap(\.text) == ["default"])
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 500)
                #expect(try stage.tool.json(["cleanup", id, "--yes"]).integer("keys_removed") == 0)
            }
        }

        @Test func withTheCutover() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                let run = try stage.tool.run(["cutover", id, "--cleanup"])
                #expect(run.code == 0, "\(run.errors)")
                #expect(run.output.contains("status: cleaned\nkeys_removed: 500\nusers_removed: acme-app\n"))
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 0)
            }
        }

        /// What was not compared in full, or is in use again, stays.
        @Test func whatIsNotProvedStays() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--wait", "--verify", "none"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.expectRefusal(["cleanup", id, "--yes"], 1, "were not compared")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 500)
            }
        }

        @Test func aSourceThatIsInUseAgainStays() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--wait"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.source.call("ACL", "SETUSER", "acme-app", "~__tenant:acme:*", "+@all")
                try stage.expectRefusal(["cleanup", id, "--yes"], 77, "user acme-app can write")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 500)
            }
        }
    }

    @Suite struct RetryTests {
        @Test func aFailedCutoverIsRepeatedWithItsOptions() throws {
            try CommandStage.run(user: false) { stage in
                let id = try stage.migrate()
                try stage.expectRefusal(["cutover", id, "--retry"], 64, "no cutover of \(id) has failed")
                try stage.expectRefusal(["cutover", id, "--verify", "sample"], 77, "--fence pause")
                let run = try stage.tool.run(["cutover", id, "--retry", "--fence", "pause", "--wait"])
                #expect(run.code == 0)
                #expect(run.errors.contains("the last cutover: tenant acme has no ACL user"))
                let options = #""fence":"pause","force":false,"max_lag":1000,"max_pause_ms":5000,"verify":"sample""#
                #expect(stage.tool.events.contains(options))
            }
        }
    }
}

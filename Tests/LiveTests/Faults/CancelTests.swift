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
                let lines = "status: cancelled\nkeys_removed: 500\nkeys_left: 1\nusers_removed: acme-app\nleft: "
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

        /// Lanes that are opened while the target is emptied must not fill it again.
        @Test func whileBothServersAreBeingConnectedAgain() throws {
            try CommandStage.run(proxied: true) { stage in
                let id = try stage.migrate()
                let proxy = try #require(stage.targetProxy)
                proxy.arm(Fault(.stall(milliseconds: 1000, bothWays: false), .toServer), before: "SETNAME")
                let late = Fault(.stall(milliseconds: 2500, bothWays: false), .toServer)
                proxy.arm(late, before: "__tenant:acme:k33\r\n")
                proxy.arm(Fault(.cut, .toServer, isWide: true), before: "__tenant:acme:late0")
                for number in 0..<20 { try stage.source.call("SET", "__tenant:acme:late\(number)", "1") }
                try CommandStage.wait { proxy.happened.count == 2 }
                for number in 20..<40 { try stage.source.call("SET", "__tenant:acme:late\(number)", "1") }
                #expect(try stage.tool.run(["cancel", id]).code == 0)
                #expect(proxy.happened.count == 3)
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 0)
            }
        }

        @Test func afterTheSwitchItIsRefused() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.expectRefusal(["cancel", id], 1, "to go back, migrate the tenant from the target")
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 500)
            }
        }
    }

    @Suite struct RetryTests {
        @Test func aFailedCutoverIsRepeatedWithItsOptions() throws {
            try CommandStage.run(user: false) { stage in
                let id = try stage.migrate()
                try stage.expectRefusal(["cutover", id, "--retry"], 64, "no cutover of \(id) has failed")
                try stage.expectRefusal(["cutover", id, "--verify", "sample"], 77, "--fence pause")
                let run = try stage.tool.run(["cutover", id, "--retry", "--fence", "pause", "--until-verified"])
                #expect(run.code == 0)
                #expect(run.errors.contains("the last cutover: tenant acme has no ACL user"))
                let options = #""fence":"pause","force":false,"max_lag":1000,"max_pause_ms":5000,"verify":"sample""#
                #expect(stage.tool.events.contains(options))
            }
        }
    }
}

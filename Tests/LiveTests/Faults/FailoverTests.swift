import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    /// The source is one of several addresses: a replica is promoted, and the migration goes on from it.
    @Suite struct FailoverTests {
        @Test(arguments: [false, true])
        func aReplicaIsPromoted(afterACrash: Bool) throws {
            try CommandStage.run { stage in
                let replica = try RedisServer(.v7)
                defer { replica.stop() }
                try replica.call("REPLICAOF", "127.0.0.1", stage.source.port)
                try replica.call("ACL", "SETUSER", "acme-app", "on", ">secret", "~__tenant:acme:*", "&*", "+@all")
                try CommandStage.wait { try replica.info("master_link_status") == "up" }
                let tool = stage.tool
                let addresses = "\(stage.source.address),\(replica.address)"
                let started = try tool.json([
                    "migrate", CommandStage.tenant, "--source", addresses, "--target", stage.target.address,
                    "--wait", "live_sync",
                ])
                let id = try #require(started.text("migration_id"))
                let primary = try stage.source.connect(user: "acme-app", password: "secret")
                for _ in 0..<200 { try primary.call("INCR", "__tenant:acme:n") }
                // A replica does not know how many entries a group has read, its primary does.
                try primary.call("XGROUP", "CREATE", "__tenant:acme:s", "g", "0", "MKSTREAM")
                for _ in 0..<3 { try primary.call("XADD", "__tenant:acme:s", "*", "n", "1") }
                try primary.call("XREADGROUP", "GROUP", "g", "ann", "STREAMS", "__tenant:acme:s", ">")
                try CommandStage.wait {
                    let groups = try stage.target.connect().answer("XINFO", "GROUPS", "__tenant:acme:s")
                    return groups.array?.first?.array?.suffix(3).first?.integer == 3
                }
                try primary.call("WAIT", 1, 5000)
                if afterACrash { for process in tool.processes.sorted() { kill(process, SIGKILL) } }
                stage.source.kill(SIGKILL)
                try replica.call("REPLICAOF", "NO", "ONE")
                let promoted = try replica.connect(user: "acme-app", password: "secret")
                for _ in 0..<100 { try promoted.call("INCR", "__tenant:acme:n") }
                if afterACrash { _ = try tool.json(["resume", id, "--wait", "live_sync"]) }
                try CommandStage.wait { try stage.target.call("GET", "__tenant:acme:n").text == "300" }
                #expect(try tool.status(id).text("source") == replica.address)
                #expect(!tool.events.contains("\"gap\""), "the promoted replica has the stream")
                let answer = try tool.json(["cutover", id, "--until-verified"], accepting: [0, 2])
                #expect(answer.text("status") == "completed")
                #expect(answer.object("verification")?.integer("difference_count") == 0)
                #expect(try promoted.answer("INCR", "__tenant:acme:n").code == "NOPERM")
            }
        }

        /// Who has not followed the migration finds the promoted replica, too: the first address is dead.
        @Test func aCancelAsksThePromotedReplica() throws {
            try CommandStage.run(keys: 200) { stage in
                let replica = try RedisServer(.v7)
                defer { replica.stop() }
                try replica.call("REPLICAOF", "127.0.0.1", stage.source.port)
                try CommandStage.wait { try replica.info("master_link_status") == "up" }
                let started = try stage.tool.json([
                    "migrate", CommandStage.tenant, "--source", "\(stage.source.address),\(replica.address)",
                    "--target", stage.target.address, "--wait", "live_sync",
                ])
                let id = try #require(started.text("migration_id"))
                for process in stage.tool.processes.sorted() { kill(process, SIGKILL) }
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try replica.call("REPLICAOF", "NO", "ONE")
                stage.source.kill(SIGKILL)
                #expect(try stage.tool.json(["cancel", id], timeout: 30).integer("keys_removed") == 200)
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 0)
            }
        }

        @Test func aListWithoutAPrimary() throws {
            try CommandStage.run { stage in
                let nowhere = ["--source", "127.0.0.1:1,127.0.0.1:2"]
                let arguments = ["migrate", "acme", "--target", stage.target.address] + nowhere
                try stage.expectRefusal(arguments, 69, "127.0.0.1:1 cannot be reached")
                try stage.expectRefusal(["migrate", "acme", "--target", "a:1", "--source", "b:1,"], 64, "address")
                try stage.expectRefusal(["migrate", "acme", "--target", "a:1", "--source", "b:1,a:1"], 78, "a:1")
            }
        }
    }
}

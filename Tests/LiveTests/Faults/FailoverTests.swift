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
                #expect(try tool.json(["cutover", id, "--wait"]).text("status") == "completed")
                #expect(try promoted.answer("INCR", "__tenant:acme:n").code == "NOPERM")
            }
        }

        @Test func aListWithoutAPrimary() throws {
            try CommandStage.run { stage in
                let nowhere = ["--source", "127.0.0.1:1,127.0.0.1:2"]
                let arguments = ["migrate", "acme", "--target", stage.target.address] + nowhere
                try stage.expectRefusal(arguments, 69, "127.0.0.1:1 cannot be reached")
                try stage.expectRefusal(["migrate", "acme", "--target", "a:1", "--source", "b:1,"], 64, "address")
                try stage.expectRefusal(["migrate", "acme", "--target", "a:1", "--source", "b:1,a:1"], 64, "a:1")
            }
        }
    }
}

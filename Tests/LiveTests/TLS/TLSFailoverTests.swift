import Foundation
import MigrationTestSupport
import Testing

/// A source that fails over, with the same settings of TLS for each of its addresses.
@Suite(.serialized) struct TLSFailoverTests {
    @Test(arguments: ["rediss://", ""])
    func aReplicaIsPromoted(scheme: String) throws {
        let tls = try TLSCase()
        try CommandStage.run(tls: tls) { stage in
            let replica = try RedisServer(tls: tls.source)
            defer { replica.stop() }
            try replica.call("REPLICAOF", "127.0.0.1", stage.source.port)
            try replica.call("ACL", "SETUSER", "acme-app", "on", ">secret", "~__tenant:acme:*", "&*", "+@all")
            try CommandStage.wait { try replica.info("master_link_status") == "up" }
            let addresses = "\(stage.source.tlsEndpoint.url),\(scheme)\(replica.tlsEndpoint.address)"
            let started = try stage.tool.json([
                "migrate", CommandStage.tenant, "--source", addresses, "--target", stage.target.tlsEndpoint.url,
                "--wait", "live_sync",
            ])
            let id = try #require(started.text("migration_id"))
            let primary = try stage.source.connect(user: "acme-app", password: "secret")
            for _ in 0..<200 { try primary.call("INCR", "__tenant:acme:n") }
            try primary.call("WAIT", 1, 5000)
            stage.source.kill(SIGKILL)
            try replica.call("REPLICAOF", "NO", "ONE")
            let promoted = try replica.connect(user: "acme-app", password: "secret")
            for _ in 0..<100 { try promoted.call("INCR", "__tenant:acme:n") }
            try CommandStage.wait(30) { try stage.target.call("GET", "__tenant:acme:n").text == "300" }
            #expect(try stage.tool.status(id).text("source") == replica.tlsEndpoint.address)
            #expect(try stage.plainConnections(replica).isEmpty)
            let answer = try stage.tool.json(["cutover", id, "--until-verified"], accepting: [0, 2])
            #expect(answer.text("status") == "completed")
            #expect(answer.object("verification")?.integer("difference_count") == 0)
            #expect(try KeyspaceComparison(replica, stage.target, tenant: "acme").differences().isEmpty)
        }
    }
}

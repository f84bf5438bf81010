import Foundation
import MigrationTestSupport
import Testing

/// Whole migrations with client certificates at both servers, by the built binary.
@Suite(.serialized) struct TLSMigrationTests {
    /// What clients do not write is the same at both sides, compared both ways.
    private func expectEqualSeeds(_ faults: FaultStage) throws {
        var comparison = KeyspaceComparison(faults.stage.source, faults.stage.target, tenant: CommandStage.tenant)
        // `late` is what the stage tries to write after the switch.
        comparison.exceptions = ["live:", "late"].map { TenantSeed.prefix(of: CommandStage.tenant) + Bytes($0.utf8) }
        let (compared, differences) = try comparison.run()
        #expect(compared >= 400 && differences.isEmpty, "\(differences.prefix(5))")
    }

    @Test(arguments: ["replication", "notifications"])
    func aTenantMovesUnderAWriter(feed: String) throws {
        try FaultStage.run(tls: TLSCase()) { faults in
            let stage = faults.stage
            let big = String(repeating: "x", count: 3 << 20)
            try stage.source.call("SET", "__tenant:acme:big", big)
            try stage.source.call("RPUSH", "__tenant:acme:biglist", big, "tail")
            _ = try stage.migrate(["--feed", feed, "--big-value", "1mb"])
            #expect(try stage.tool.status(faults.id).text("feed") == feed)
            #expect(try stage.encryptedConnections(stage.source) > 4)
            #expect(try stage.encryptedConnections(stage.target) > 4)
            for server in [stage.source, stage.target] {
                let plain = try stage.plainConnections(server)
                #expect(plain.isEmpty, "\(plain)")
            }
            try faults.finish()
            try expectEqualSeeds(faults)
            #expect(try stage.tool.run(["cleanup", faults.id, "--yes"]).code == 0)
            let left = try KeyspaceComparison.keys([TenantSeed.prefix(of: "acme")], stage.source.connect()).count
            #expect(left == 0)
        }
    }

    /// Only one side speaks TLS.
    @Test func aTenantMovesFromAPlainServer() throws {
        var tls = try TLSCase()
        tls.source = nil
        tls.environment = tls.environment.filter { $0.key.contains("TARGET") }
        try FaultStage.run(tls: tls) { faults in
            _ = try faults.stage.migrate()
            try faults.finish()
            try expectEqualSeeds(faults)
        }
    }

    /// From another shell, that has none of the variables but the passphrase.
    @Test func aKilledMigrationIsResumed() throws {
        let tls = try TLSCase()
        try FaultStage.run(tls: tls) { faults in
            _ = try faults.stage.migrate()
            faults.more()
            faults.killAll()
            faults.more()
            var shell = tls.environment.mapValues { _ in "" }
            let id = try faults.id
            let words = "give it again with --source-key-passphrase-file or FERRITE_MIGRATE_SOURCE_KEY_PASSPHRASE"
            try faults.stage.expectRefusal(["resume", id], 64, words, environment: shell)
            shell["FERRITE_MIGRATE_SOURCE_KEY_PASSPHRASE"] = TLSCase.sourcePassphrase
            let run = try faults.tool.run(["resume", id, "--wait", "live_sync"], environment: shell)
            #expect(run.code == 0, "\(run.errors)")
            let worker = faults.tool.processes.last
            if let worker { kill(worker, SIGKILL) }
            try faults.finish()
            try expectEqualSeeds(faults)
        }
    }

    @Test func aCancelledMigrationLeavesNothing() throws {
        try CommandStage.run(tls: TLSCase()) { stage in
            let id = try stage.migrate()
            let run = try stage.tool.run(["cancel", id])
            #expect(run.code == 0, "\(run.errors)")
            let left = try KeyspaceComparison.keys([TenantSeed.prefix(of: "acme")], stage.target.connect()).count
            #expect(left == 0)
        }
    }

    @Test func secretsStandNowhere() throws {
        try CommandStage.run(password: "hunter2-of-the-test", tls: TLSCase()) { stage in
            let id = try stage.migrate(["--verbose"])
            let folder = "\(stage.tool.journal)/\(id)"
            var places = try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
            #expect(places.contains { $0.hasSuffix("worker.log") })
            #expect(stage.tool.processes.count == 2)
            for process in stage.tool.processes { places += ["environ", "cmdline"].map { "/proc/\(process)/\($0)" } }
            for place in places where !place.hasSuffix(".sock") {
                let bytes = FileManager.default.contents(atPath: place) ?? Data()
                for secret in [TLSCase.sourcePassphrase, TLSCase.targetPassphrase, "hunter2"] {
                    #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(place)")
                }
            }
        }
    }

    /// A new CA, new certificates at both servers and for the tool, in the files that were there. Who goes on with what
    /// he has read before is not let in.
    @Test func certificatesAreReplacedMeanwhile() throws {
        let tls = try TLSCase()
        try FaultStage.run(tls: tls) { faults in
            _ = try faults.stage.migrate()
            faults.more()
            let fresh = try TestCertificates()
            let other = try fresh.make("client2", names: "DNS:client2")
            for server in [faults.stage.source, faults.stage.target] {
                let settings = [
                    "tls-cert-file", fresh.server.certificate, "tls-key-file", fresh.server.key, "tls-ca-cert-file",
                    fresh.authority.certificate,
                ]
                try server.connect().call((["CONFIG", "SET"] + settings).map(\.argumentBytes))
            }
            let old = tls.certificates
            try replace(old.authority.certificate, by: fresh.authority.certificate)
            try replace(old.client.certificate, by: fresh.client.certificate)
            let key = try fresh.encrypted(fresh.client.key, passphrase: TLSCase.sourcePassphrase)
            try replace(old.client.key + ".encrypted", by: key)
            try replace(old.folder.file("client2.crt"), by: other.certificate)
            let otherKey = try fresh.encrypted(other.key, passphrase: TLSCase.targetPassphrase)
            try replace(old.folder.file("client2.key.encrypted"), by: otherKey)
            for server in [faults.stage.source, faults.stage.target] {
                for type in ["normal", "replica"] {
                    _ = try server.call("CLIENT", "KILL", "USER", "default", "TYPE", type, "SKIPME", "yes")
                }
            }
            for server in [faults.stage.source, faults.stage.target] {
                #expect(try faults.stage.encryptedConnections(server) < 4)
            }
            faults.more()
            for server in [faults.stage.source, faults.stage.target] {
                try CommandStage.wait(30) { try faults.stage.encryptedConnections(server) > 4 && faults.isLive }
            }
            try faults.finish()
            try expectEqualSeeds(faults)
        }
    }

    private func replace(_ path: String, by other: String) throws {
        let bytes = try #require(FileManager.default.contents(atPath: other))
        try bytes.write(to: URL(filePath: path), options: .atomic)
    }
}

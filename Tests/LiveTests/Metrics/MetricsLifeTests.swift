import Foundation
import Glibc
import MigrationTestSupport
import Testing

/// The metrics of a running worker, held against what `status` says at the same moment.
@Suite(.serialized) struct MetricsLifeTests {
    private static let listen = ["--metrics-listen", "127.0.0.1:0"]

    static func address(_ stage: CommandStage, _ id: String) throws -> String {
        var address: String?
        try CommandStage.wait {
            address = try stage.tool.status(id).text("metrics_address")
            return address != nil
        }
        return try #require(address)
    }

    private func expectSame(_ scrape: Scrape, _ status: ToolAnswer) {
        #expect(scrape.phase(CommandStage.tenant) == status.text("phase"))
        #expect(scrape.value("progress") == status.number("progress").map { $0 / 100 })
        #expect(scrape.value("lag_keys") == status.number("lag_keys"))
        #expect(scrape.value("lag_bytes") == status.number("lag_bytes"))
        #expect(scrape.value("keys_synced") == status.number("keys_synced"))
        #expect(scrape.value("keys_expected") == status.number("keys_total"))
        let pause = scrape.value("pause_seconds").map { ($0 * 1e6).rounded() / 1e3 }
        #expect(pause == status.number("downtime_ms"))
    }

    @Test func fromTheFirstKeyToTheEnd() throws {
        try CommandStage.run { stage in
            let folder = try TemporaryFolder()
            let id = try stage.migrate(Self.listen + ["--metrics-file", folder.path])
            let address = try Self.address(stage, id)
            // Once a second each is measured.
            try CommandStage.wait {
                let scrape = try Scrape.of(address)
                return ["source", "target"].allSatisfy { scrape.value("\($0)_latency_seconds") ?? 0 > 0 }
            }
            let synced = try Scrape.of(address)
            expectSame(synced, try stage.tool.status(id))
            #expect(synced.value("keys_synced", "migration_id=\"\(id)\"") == 500)
            #expect(synced.value("keys_transferred_total") ?? 0 >= 500)
            #expect(synced.value("target_latency_seconds") ?? 0 > 0)
            #expect(synced.value("worker_up") == 1 && synced.value("active") == 1)
            #expect(synced.value("duration_seconds") ?? 0 > 0)
            let feed = synced.value("info", "source=\"\(stage.source.address)\"", "feed=\"replication\"")
            #expect(feed == 1, "\(synced.text)")
            #expect(try HTTPSocket.ask(address, "GET /healthz").body == "ok\n")

            let bytes = try #require(synced.value("bytes_transferred_total"))
            for number in 0..<100 { try stage.source.call("SET", "__tenant:acme:new:\(number)", "0123456789") }
            try CommandStage.wait { try Scrape.of(address).value("keys_transferred_total") ?? 0 >= 600 }
            let written = try Scrape.of(address)
            #expect(written.value("keys_synced") == 600)
            #expect(written.value("bytes_transferred_total") ?? 0 >= bytes + 1000)
            let success = try #require(written.value("last_success_timestamp_seconds"))
            #expect(abs(success - Date().timeIntervalSince1970) < 10)

            _ = try stage.tool.json(["pause", id])
            try stage.source.call("SET", "__tenant:acme:late", "1")
            try CommandStage.wait { try Scrape.of(address).value("lag_keys") == 1 }
            expectSame(try Scrape.of(address), try stage.tool.status(id))
            #expect(try Scrape.of(address).phase("acme") == "paused")
            _ = try stage.tool.json(["resume", id, "--wait", "live_sync"])

            _ = try stage.tool.json(["cutover", id, "--until-verified"])
            try CommandStage.wait { stage.tool.processes.isEmpty }
            #expect(throws: (any Error).self) { try HTTPSocket(address) }
            try expectTheEnd(stage, id, folder)
        }
    }

    /// The file keeps the last values, and the verb says the same from the journal.
    private func expectTheEnd(_ stage: CommandStage, _ id: String, _ folder: TemporaryFolder) throws {
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["ferrite_migrate_acme.prom"])
        let path = folder.file("ferrite_migrate_acme.prom")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o644)
        let status = try stage.tool.status(id)
        let verb = Scrape(try stage.tool.run(["metrics"]).output)
        for scrape in [try Scrape.file(path), verb] {
            expectSame(scrape, status)
            #expect(scrape.phase("acme") == "completed" && scrape.value("active") == 0)
            #expect(scrape.value("worker_up") == 0 && scrape.value("verification_differences") == 0)
            #expect(scrape.value("cutovers_total") == 1 && scrape.value("fenced_seconds") == 0)
            #expect(scrape.value("errors_total", "kind=\"failed\"") == 0)
        }
        for name in ["keys_transferred_total", "last_success_timestamp_seconds"] {
            // The journal keeps milliseconds.
            let (last, kept) = (try Scrape.file(path).value(name) ?? 0, verb.value(name) ?? .infinity)
            #expect(abs(last - kept) < 0.002, "\(name)")
        }
        #expect(verb.value("unreadable") == 0)
    }

    @Test func aKilledWorkersCountersGoOn() throws {
        try CommandStage.run { stage in
            let port = try HeldPort.free()
            let id = try stage.migrate(["--metrics-listen", "127.0.0.1:\(port)"])
            let address = "127.0.0.1:\(port)"
            try CommandStage.wait { try Scrape.of(address).value("keys_transferred_total") ?? 0 >= 500 }
            let before = try Scrape.of(address)
            try killWorker(stage, id)
            try CommandStage.wait {
                guard let scrape = try? Scrape.of(address) else { return false }
                return scrape.value("worker_starts_total") == 2 && scrape.phase("acme") == "live_sync"
            }
            let after = try Scrape.of(address)
            for name in ["keys_transferred_total", "bytes_transferred_total"] {
                #expect(after.value(name) ?? 0 >= before.value(name) ?? .infinity, "\(name)")
            }
            #expect(after.value("duration_seconds") ?? 0 > before.value("duration_seconds") ?? .infinity)
        }
    }

    /// A worker that is started again finds its port taken: the migration goes on, and the metrics come back later.
    @Test func aTakenPortStopsNoMigration() throws {
        try CommandStage.run { stage in
            let port = try HeldPort.free()
            let address = "127.0.0.1:\(port)"
            let id = try stage.migrate(["--metrics-listen", address])
            try CommandStage.wait { (try? Scrape.of(address)) != nil }
            let supervisor = try #require(stage.tool.processes.min())
            kill(supervisor, SIGSTOP)
            try killWorker(stage, id)
            var thief: HeldPort?
            try CommandStage.wait {
                thief = try? HeldPort(port)
                return thief != nil
            }
            kill(supervisor, SIGCONT)
            let log = "\(stage.tool.journal)/\(id)/worker.log"
            try CommandStage.wait {
                try String(contentsOfFile: log, encoding: .utf8).contains("Address already in use")
            }
            try CommandStage.wait { try stage.tool.status(id).text("phase") == "live_sync" }
            #expect(try stage.tool.status(id).text("metrics_address") == nil)
            thief?.release()
            try CommandStage.wait { (try? Scrape.of(address))?.value("worker_starts_total") == 2 }
            #expect(try stage.tool.status(id).text("metrics_address") == address)
            let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
            #expect(lines.count { $0.contains("Address already in use") } == 1)
        }
    }

    private func killWorker(_ stage: CommandStage, _ id: String) throws {
        let text = try String(contentsOfFile: "\(stage.tool.journal)/\(id)/lock", encoding: .utf8)
        let worker = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        kill(worker, SIGKILL)
    }
}

import Foundation
import Glibc
import MigrationTestSupport
import Testing

/// Where metrics go, who else writes there, and what a resume makes of it.
@Suite(.serialized) struct MetricsPlacesTests {
    @Test func twoMigrationsDoNotShareAFile() throws {
        try CommandStage.run(keys: 50) { stage in
            let folder = try TemporaryFolder()
            try TenantSeed(tenant: "other", keys: 5).write(to: stage.source.endpoint)
            let one = ["--metrics-file", folder.file("one.prom")]
            let id = try stage.migrate(one)
            let again = stage.tool.migrateArguments("other", one)
            try stage.expectRefusal(again, 78, "one.prom is written by \(id): give a folder")
            let shared = folder.file("{tenant}.prom")
            _ = try stage.tool.migrate("other", ["--wait", "live_sync", "--metrics-file", shared])
            try CommandStage.wait { (try? Scrape.file(folder.file("other.prom")))?.phase("other") == "live_sync" }
            let verb = Scrape(try stage.tool.run(["metrics"]).output)
            #expect(verb.phase("acme") == "live_sync" && verb.phase("other") == "live_sync")
            #expect(verb.value("worker_up", "acme") == 1 && verb.value("worker_up", "other") == 1)
        }
    }

    /// A tenant that is migrated again has one series of each of the seed's metrics, and the new file is the old one.
    @Test func twoMigrationsOfOneTenant() throws {
        try CommandStage.run(keys: 50) { stage in
            let folder = try TemporaryFolder()
            let file = ["--metrics-file", folder.path]
            let first = try stage.migrate(file)
            _ = try stage.tool.json(["cancel", first])
            #expect(try Scrape.file(folder.file("ferrite_migrate_acme.prom")).phase("acme") == "cancelled")
            let second = try stage.migrate(file)
            let verb = try stage.tool.run(["metrics"])
            let lines = verb.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
            let series = lines.map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] }
            #expect(Set(series).count == series.count && series.count > 40)
            #expect(Scrape(verb.output).phase("acme") == "live_sync")
            for id in [first, second] {
                #expect(Scrape(verb.output).value("active", id) == (id == second ? 1 : 0))
            }
            try CommandStage.wait {
                try Scrape.file(folder.file("ferrite_migrate_acme.prom")).value("active", second) == 1
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
        }
    }

    @Test func aResumeMayMoveThem() throws {
        try CommandStage.run(keys: 50) { stage in
            let folder = try TemporaryFolder()
            let old = ["--metrics-listen", ":0", "--metrics-file", folder.file("old.prom")]
            let id = try stage.migrate(old)
            _ = try MetricsLifeTests.address(stage, id)
            let late = try stage.tool.run(["resume", id, "--metrics-listen", "none"])
            let words = "warning: \(id) has a worker; its passwords, metrics and hooks stay"
            #expect(late.code == 0 && late.errors.contains(words), "\(late.errors)")
            #expect(try stage.tool.status(id).text("metrics_address") != nil)

            try end(stage)
            #expect(try Scrape.file(folder.file("old.prom")).value("worker_up") == 0)
            let taken = ["resume", id, "--metrics-listen", stage.source.address]
            try stage.expectRefusal(taken, 78, "Address already in use")
            let move = ["--metrics-listen", "none", "--metrics-file", folder.file("new.prom")]
            _ = try stage.tool.json(["resume", id, "--wait", "live_sync"] + move)
            try CommandStage.wait { (try? Scrape.file(folder.file("new.prom")))?.phase("acme") == "live_sync" }
            #expect(try stage.tool.status(id).text("metrics_address") == nil)
            #expect(try Scrape.file(folder.file("old.prom")).value("worker_up") == 0, "nobody writes it any more")

            try end(stage)
            try FileManager.default.removeItem(atPath: folder.file("new.prom"))
            let variable = stage.tool.environment.merging(["FERRITE_MIGRATE_METRICS_LISTEN": ":0"]) { $1 }
            let resume = ["resume", id, "--wait", "live_sync"]
            let run = try ProgramRun(path: stage.tool.program, arguments: resume, environment: variable, timeout: 60)
            #expect(run.code == 0, "\(run.errors)")
            try CommandStage.wait { (try? Scrape.file(folder.file("new.prom")))?.value("worker_starts_total") == 3 }
            #expect(try stage.tool.status(id).text("metrics_address") == nil, "only an option moves them")
            let events = try String(contentsOfFile: "\(stage.tool.journal)/\(id)/events.jsonl", encoding: .utf8)
            #expect(events.matches(of: /"worker_changed"/).count == 1)
        }
    }

    /// Only a place that is asked for now can be refused.
    @Test func aResumeGoesOnWithoutItsPort() throws {
        try CommandStage.run(keys: 50) { stage in
            let address = "127.0.0.1:\(try HeldPort.free())"
            let id = try stage.migrate(["--metrics-listen", address])
            try end(stage)
            let held = try HeldPort(Int(address.drop { $0 != ":" }.dropFirst()) ?? 0)
            _ = try stage.tool.json(["resume", id, "--wait", "live_sync"])
            #expect(try stage.tool.status(id).text("metrics_address") == nil)
            held.release()
            try CommandStage.wait { (try? Scrape.of(address))?.phase("acme") == "live_sync" }
        }
    }

    private func end(_ stage: CommandStage) throws {
        kill(try #require(stage.tool.processes.max()), SIGTERM)
        try CommandStage.wait { stage.tool.processes.isEmpty }
    }

    /// Nobody is left who could write the file: its supervisor does, when it gives up.
    @Test func aWorkerThatDiesAgainAndAgain() throws {
        try CommandStage.run(keys: 50) { stage in
            let folder = try TemporaryFolder()
            let id = try stage.migrate(["--metrics-file", folder.path])
            let supervisor = try #require(stage.tool.processes.min())
            try CommandStage.wait {
                for worker in stage.tool.processes where worker != supervisor { kill(worker, SIGKILL) }
                return stage.tool.processes.isEmpty
            }
            let scrape = try Scrape.file(folder.file("ferrite_migrate_acme.prom"))
            #expect(scrape.phase("acme") == "failed" && scrape.value("worker_up") == 0)
            #expect(scrape.value("errors_total", "kind=\"failed\"") == 1 && scrape.value("active", id) == 0)
        }
    }

    /// What cannot be written harms nothing, and is said once.
    @Test func aFolderThatGoesAway() throws {
        try CommandStage.run(keys: 50) { stage in
            let folder = try TemporaryFolder()
            let place = folder.file("collector")
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
            let id = try stage.migrate(["--metrics-file", place])
            let file = place + "/ferrite_migrate_acme.prom"
            try CommandStage.wait { FileManager.default.fileExists(atPath: file) }
            try FileManager.default.removeItem(atPath: place)
            let log = "\(stage.tool.journal)/\(id)/worker.log"
            func complaints() throws -> Int {
                try String(contentsOfFile: log, encoding: .utf8).matches(of: /metrics cannot be told/).count
            }
            try CommandStage.wait { try complaints() == 1 }
            usleep(6_000_000)
            #expect(try complaints() == 1)
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
            try CommandStage.wait { (try? Scrape.file(file))?.phase("acme") == "live_sync" }
            #expect(try stage.tool.json(["cutover", id, "--until-verified"]).text("status") == "completed")
        }
    }

    @Test func theVerbWithWhatCannotBeRead() throws {
        try CommandStage.run(keys: 50) { stage in
            _ = try stage.migrate()
            let folder = stage.tool.journal + "/mig_0123456789"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data("garbage\n".utf8).write(to: URL(filePath: folder + "/events.jsonl"))
            let run = try stage.tool.run(["metrics"])
            let scrape = Scrape(run.output)
            #expect(run.code == 1 && scrape.value("unreadable") == 1 && scrape.phase("acme") == "live_sync")
            #expect(run.errors.contains("warning: mig_0123456789: line 1 of"), "\(run.errors)")
            try FileManager.default.removeItem(atPath: folder)
            let line = "set -o pipefail; \"\(stage.tool.program)\" metrics | head -1"
            let head = try ProgramRun(
                path: "/bin/bash",
                arguments: ["-c", line],
                environment: stage.tool.environment,
                timeout: 30
            )
            #expect(head.code == 0 && head.errors.isEmpty && head.output.hasPrefix("# HELP "))
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/net/if_inet6")))
    func anIPv6Address() throws {
        try CommandStage.run(keys: 50) { stage in
            let id = try stage.migrate(["--metrics-listen", "[::1]:0"])
            let address = try MetricsLifeTests.address(stage, id)
            #expect(address.hasPrefix("[::1]:"))
            #expect(try Scrape.of(address).phase("acme") == "live_sync")
        }
    }

    @Test func theForegroundTellsThemToo() throws {
        try CommandStage.run(keys: 50) { stage in
            let port = try HeldPort.free()
            let process = try stage.tool.startForeground(CommandStage.tenant, ["--metrics-listen", ":\(port)"])
            try CommandStage.wait { (try? Scrape.of("127.0.0.1:\(port)"))?.phase("acme") == "live_sync" }
            process.kill(SIGINT)
            #expect(process.wait().code == 1)
        }
    }
}

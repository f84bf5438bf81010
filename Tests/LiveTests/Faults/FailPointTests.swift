import Foundation
import MigrationEngine
import MigrationTestSupport
import Testing

extension Faults {
    /// The worker dies at each step that touches a server; `resume` takes it up, and nothing is lost or doubled.
    @Suite struct FailPointTests {
        private static let erasing: Set<FailPoint> = [.eraseTarget, .eraseUsers]
        private static let cleaning: Set<FailPoint> = [.cleanSource, .cleanUsers]
        /// Only reached by a cutover that goes back.
        private static let lowering: Set<FailPoint> = [.lowerFence, .fenceLowered]

        @Test(arguments: FailPoint.allCases.filter { !erasing.union(cleaning).contains($0) })
        func aWorkerDiesAt(point: FailPoint) throws {
            try FaultStage.run { faults in
                var setting = "\(point.rawValue):crash"
                if Self.lowering.contains(point) { setting += ",drain:error" }
                let worker = try faults.tool.startForeground(
                    CommandStage.tenant,
                    environment: [FailPoint.variable: setting]
                )
                try CommandStage.wait { try !worker.isRunning || faults.isLive }
                if worker.isRunning {
                    faults.more()
                    _ = try faults.tool.run(["cutover", faults.id, "--force", "--max-pause", "20000"])
                }
                #expect(worker.wait().code == 128 + Int(SIGKILL), "\(point) was not reached")
                let status = try faults.tool.status(faults.id)
                #expect(status.text("note")?.hasPrefix("interrupted: the worker died") == true)
                #expect(status.text("fence_up_at") == nil, "the next command lowers it")
                try faults.finish()
            }
        }

        /// A target where nobody may be a replica is watched by notifications: what was switched on there for that is
        /// switched off, although the worker that did it has died.
        @Test func aWorkerDiesWithATargetWatchedByNotifications() throws {
            func setting(_ server: RedisServer) throws -> String? {
                try server.call("CONFIG", "GET", "notify-keyspace-events").array?.last?.text
            }
            let settings = ["rename-command PSYNC \"\"", "rename-command REPLCONF \"\"", "notify-keyspace-events xE"]
            try FaultStage.run(targetSettings: settings) { faults in
                let worker = try faults.startLive(.verify, "crash")
                _ = try faults.tool.run(["cutover", faults.id])
                #expect(worker.wait().code == 128 + Int(SIGKILL))
                #expect(try setting(faults.stage.target)?.contains("A") == true, "nothing was switched on")
                _ = try faults.tool.run(["resume", faults.id])
                try CommandStage.wait { faults.tool.processes.isEmpty }
                let left = try setting(faults.stage.target)
                #expect(left.map { Set($0) } == Set("xE"), "\(left ?? "")")
                faults.more()
                #expect(try faults.writer.stop().check(on: faults.stage.target) == [])
            }
        }

        /// A pause ends by itself, and nobody is there to fence the users then: they must have been fenced before.
        @Test func aWorkerDiesBehindASwitchUnderAPause() throws {
            try FaultStage.run { faults in
                let worker = try faults.startLive(.trafficSwitched, "crash")
                faults.more()
                _ = try faults.tool.run(["cutover", faults.id, "--fence", "pause", "--max-pause", "2000"])
                #expect(worker.wait().code == 128 + Int(SIGKILL))
                sleep(4)
                let client = try faults.stage.source.connect(user: FaultStage.user, password: FaultStage.password)
                #expect(try client.answer("SET", "__tenant:acme:late", "1").code == "NOPERM")
                #expect(try faults.tool.status(faults.id).text("writable") == "target")
                try faults.finish()
            }
        }

        /// A source that is restarted right behind the switch comes back fenced, and one behind a cutover that went back
        /// does not.
        @Test(arguments: ["acl", "pause"], ["crash", "error"])
        func theSourceIsRestartedBehindTheSwitch(fence: String, kind: String) throws {
            try CommandStage.run(keepsUsers: true) { stage in
                let before = try stage.source.call("ACL", "LIST")
                let worker = try stage.tool.startForeground(
                    CommandStage.tenant,
                    environment: [FailPoint.variable: "\(FailPoint.trafficSwitched.rawValue):\(kind)"]
                )
                try CommandStage.wait { try stage.migrations.first.map { try stage.tool.status($0) }?.isLive ?? false }
                let id = try #require(stage.migrations.first)
                let run = try stage.tool.run(["cutover", id, "--fence", fence])
                #expect(run.code != 0 && worker.isRunning == (kind == "error"), "\(run.errors)")
                try stage.source.restart(signal: SIGKILL)
                let client = try stage.source.connect(user: "acme-app", password: "secret")
                let code = try client.answer("SET", "__tenant:acme:late", "1").code
                #expect(code == (kind == "crash" ? "NOPERM" : nil))
                if kind == "error" { #expect(try stage.source.call("ACL", "LIST") == before) }
            }
        }

        /// Clients may have written at the target already, and with `--verify none` nobody would know.
        @Test(arguments: ["acl", "pause"])
        func aSwitchThatNobodyWatchedStays(fence: String) throws {
            try FaultStage.run { faults in
                let worker = try faults.startLive(.trafficSwitched, "error")
                faults.more()
                let run = try faults.tool.run(["cutover", faults.id, "--fence", fence, "--verify", "none"])
                #expect(run.code == 0, "\(run.errors)")
                #expect(worker.wait().code == 0)
                try faults.finish()
            }
        }

        @Test(arguments: erasing)
        func aCancelDiesAt(point: FailPoint) throws {
            try FaultStage.run { faults in
                let dying = [FailPoint.variable: "\(point.rawValue):crash"]
                let worker = try faults.tool.startForeground(CommandStage.tenant, environment: dying)
                try CommandStage.wait { try faults.isLive }
                // The command takes over from the worker, and dies at the same place.
                let command = try faults.tool.run(["cancel", faults.id], environment: dying, timeout: 60)
                #expect(command.code == 128 + Int(SIGKILL))
                #expect(worker.wait().code == 128 + Int(SIGKILL))
                #expect(try faults.tool.status(faults.id).text("note")?.contains("run cancel") == true)
                let answer = try faults.tool.json(["cancel", faults.id])
                #expect(answer.text("status") == "cancelled" && answer.integer("keys_left") == 0)
                #expect(try KeyspaceDigest(faults.stage.target, tenants: ["acme"]).keys == 0)
                let users = try faults.stage.target.call("ACL", "USERS").array?.compactMap(\.text)
                #expect(users == ["default"])
                faults.more()
                #expect(try faults.writer.stop().check(on: faults.stage.source) == [])
                try faults.stage.expectRefusal(["resume", faults.id], 1, "it is cancelled already")
            }
        }

        @Test(arguments: cleaning)
        func aCleanupDiesAt(point: FailPoint) throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                let run = try stage.tool.run(
                    ["cleanup", id, "--yes"],
                    environment: [FailPoint.variable: "\(point.rawValue):crash"],
                    timeout: 60
                )
                #expect(run.code == 128 + Int(SIGKILL))
                #expect(try stage.tool.json(["cleanup", id, "--yes"]).text("status") == "cleaned")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 0)
                #expect(try stage.source.call("ACL", "USERS").array?.compactMap(\.text) == ["default"])
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 500)
            }
        }

        /// A step that fails, as if its server were not there, is tried again or takes the cutover back.
        @Test(arguments: FailPoint.allCases.filter { !erasing.union(cleaning).union(lowering).contains($0) })
        func aStepFailsAt(point: FailPoint) throws {
            try FaultStage.run(keys: 200) { faults in
                let worker = try faults.startLive(point, "error")
                faults.more()
                let first = try faults.tool.run(["cutover", faults.id, "--force", "--max-pause", "20000"])
                #expect([0, 69].contains(first.code), "\(first.errors)")
                if first.code == 69 { #expect(first.errors.contains("fail point \(point.rawValue)")) }
                #expect(worker.isRunning || first.code == 0)
                try faults.finish()
            }
        }
    }
}

extension ToolAnswer {
    var isLive: Bool { text("phase") == "live_sync" && text("reconnecting_since") == nil }
}

extension FaultStage {
    /// A worker of its own in live sync, for which a fail point is set.
    func startLive(_ point: FailPoint, _ kind: String) throws -> ChildProcess {
        let worker = try tool.startForeground(
            CommandStage.tenant,
            environment: [FailPoint.variable: "\(point.rawValue):\(kind)"]
        )
        try CommandStage.wait { try isLive }
        return worker
    }

    /// Live sync is reached, and both servers are connected.
    var isLive: Bool {
        get throws {
            guard !stage.migrations.isEmpty else { return false }
            return try tool.status(id).isLive
        }
    }
}

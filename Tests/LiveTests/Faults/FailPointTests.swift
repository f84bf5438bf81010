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

        @Test(arguments: erasing)
        func aCancelDiesAt(point: FailPoint) throws {
            try FaultStage.run { faults in
                let worker = try faults.tool.startForeground(
                    CommandStage.tenant,
                    environment: [FailPoint.variable: "\(point.rawValue):crash"]
                )
                try CommandStage.wait { try faults.isLive }
                _ = try faults.tool.run(["cancel", faults.id])
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
                _ = try stage.tool.json(["cutover", id, "--wait"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                let run = try ProgramRun(
                    path: stage.tool.program,
                    arguments: ["cleanup", id, "--yes"],
                    environment: stage.tool.environment.merging([FailPoint.variable: "\(point.rawValue):crash"]) { $1 },
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
                let worker = try faults.tool.startForeground(
                    CommandStage.tenant,
                    environment: [FailPoint.variable: "\(point.rawValue):error"]
                )
                try CommandStage.wait { try faults.isLive }
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

extension FaultStage {
    /// Live sync is reached, and both servers are connected.
    var isLive: Bool {
        get throws {
            guard !stage.migrations.isEmpty else { return false }
            let status = try tool.status(id)
            return status.text("phase") == "live_sync" && status.text("reconnecting_since") == nil
        }
    }
}

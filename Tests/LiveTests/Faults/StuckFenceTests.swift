import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    /// The tool's own user loses the source within the fence, so that what it has raised there cannot be lowered.
    @Suite struct StuckFenceTests {
        enum Loss: String, CaseIterable {
            case password, permission

            var commands: [[String]] {
                switch self {
                case .password:
                    [["ACL", "SETUSER", "mover", "resetpass", ">new"], ["CLIENT", "KILL", "USER", "mover"]]
                case .permission: [["ACL", "SETUSER", "mover", "-acl"]]
                }
            }

            var reason: String { self == .password ? "WRONGPASS" : "NOPERM" }
        }

        /// A migration whose first cutover has left its fence up.
        private struct Stage {
            let faults: FaultStage
            let id: String
            /// The tenant's user at the source as it was.
            let rules: String

            var source: RedisServer { faults.stage.source }
            var tool: MigrateTool { faults.tool }

            func mend() throws {
                try source.call("ACL", "SETUSER", "mover", "resetpass", ">old", "+acl")
            }

            func rules(at server: RedisServer) throws -> String? {
                try server.call("ACL", "LIST").array?.compactMap(\.text).first { $0.hasPrefix("user acme-app ") }
            }

            func expectStuck(_ loss: Loss, location: SourceLocation = #_sourceLocation) throws {
                let status = try tool.status(id)
                #expect(status.text("phase") == "cutover", sourceLocation: location)
                #expect(status.text("writable") == "unknown", sourceLocation: location)
                #expect(status.text("fence_up_at")?.hasSuffix(":\(source.port)") == true, sourceLocation: location)
                #expect(status.text("fenced_at") != nil, sourceLocation: location)
                #expect(status.text("error")?.contains(loss.reason) == true, sourceLocation: location)
                #expect(!tool.events.contains("cutover_ended"), sourceLocation: location)
                let metrics = try tool.run(["metrics"]).output.split(separator: "\n")
                let fenced = metrics.first { $0.hasPrefix("ferrite_tenant_migration_fenced_seconds{") }
                #expect(fenced?.hasSuffix(" 0") == false, "\(fenced ?? "")", sourceLocation: location)
                let user = try source.connect(user: FaultStage.user, password: FaultStage.password)
                #expect(try user.answer("SET", "__tenant:acme:k", "v").code == "NOPERM", sourceLocation: location)
            }

            /// The fence is down and the tenant's user as it was.
            func expectLowered(location: SourceLocation = #_sourceLocation) throws {
                #expect(try rules(at: source) == rules, sourceLocation: location)
                faults.more()
            }

            /// The next cutover switches, and the tenant's user may do at the target what it might at the source.
            func finish() throws {
                try faults.finish()
                let moved = try rules(at: faults.stage.target) ?? ""
                #expect(moved.contains(" ~__tenant:acme:* ") && !moved.contains("%R"), "\(moved)")
            }
        }

        private func run(_ loss: Loss, _ options: [String] = [], _ body: (Stage) throws -> Void) throws {
            try FaultStage.run { plain in
                let source = plain.stage.source
                try source.call("ACL", "SETUSER", "mover", "on", ">old", "~*", "&*", "+@all")
                let folder = try TemporaryFolder()
                let commands = loss.commands.map { "redis-cli -p \(source.port) '\($0.joined(separator: "' '"))'" }
                let hook = "#!/bin/sh\nrm \(folder.path)/fenced\n\(commands.joined(separator: "\n"))\nexit 1\n"
                try Data(hook.utf8).write(to: URL(filePath: folder.file("fenced")))
                chmod(folder.file("fenced"), 0o755)
                let tool = try MigrateTool(
                    source: source.endpoint(user: "mover", password: "old"),
                    target: plain.stage.target.endpoint
                )
                defer { tool.endAll() }
                let faults = FaultStage(
                    stage: CommandStage(source: source, target: plain.stage.target, tool: tool),
                    writer: plain.writer
                )
                let id = try faults.stage.migrate(["--hooks", folder.path])
                faults.more()
                let rules = try source.call("ACL", "LIST").array?.compactMap(\.text).first { $0.contains("acme-app") }
                let words = "and the fence is still up: "
                try faults.stage.expectRefusal(["cutover", id] + options, 77, words)
                let stage = Stage(faults: faults, id: id, rules: try #require(rules))
                try stage.expectStuck(loss)
                try body(stage)
            }
        }

        @Test(arguments: Loss.allCases)
        func theWorkerLowersItAsSoonAsItMay(loss: Loss) throws {
            try run(loss) { stage in
                try stage.mend()
                try CommandStage.wait(20) { try stage.tool.status(stage.id).text("phase") == "live_sync" }
                try stage.expectLowered()
                #expect(try stage.tool.status(stage.id).text("writable") == "source")
                try stage.finish()
            }
        }

        @Test(arguments: Loss.allCases)
        func resumeLowersIt(loss: Loss) throws {
            try run(loss) { stage in
                try stage.mend()
                let status = try stage.tool.json(["resume", stage.id, "--wait", "live_sync"])
                #expect(status.text("phase") == "live_sync" && status.text("fence_up_at") == nil)
                try stage.expectLowered()
                try stage.finish()
            }
        }

        @Test(arguments: Loss.allCases)
        func theNextCutoverLowersIt(loss: Loss) throws {
            try run(loss) { stage in
                let early = try stage.tool.run(["cutover", stage.id])
                #expect(early.code == 75 && early.errors.contains("may still be up"), "\(early.errors)")
                #expect(early.errors.contains(loss.reason), "\(early.errors)")
                try stage.mend()
                let options = ["--when-ready", "--wait", "30s", "--max-lag", "100000", "--until-verified"]
                let run = try stage.tool.run(["cutover", stage.id] + options)
                #expect(run.code == 0, "\(run.errors)")
                try stage.finish()
            }
        }

        @Test(arguments: Loss.allCases)
        func cancelLowersIt(loss: Loss) throws {
            try run(loss) { stage in
                try stage.mend()
                _ = try stage.tool.json(["cancel", stage.id])
                try stage.expectLowered()
                #expect(try stage.faults.writer.stop().check(on: stage.source) == [])
                #expect(try stage.rules(at: stage.faults.stage.target) == nil)
                #expect(try KeyspaceDigest(stage.faults.stage.target, tenants: ["acme"]).keys == 0)
            }
        }

        /// A cancel that cannot lower it says so, and is called again.
        @Test func aCancelThatCannotLowerIt() throws {
            try run(.permission) { stage in
                let run = try stage.tool.run(["cancel", stage.id])
                #expect(run.code == 77 && run.errors.contains("NOPERM"), "\(run.errors)")
                let status = try stage.tool.status(stage.id)
                #expect(status.text("writable") == "unknown" && status.text("fence_up_at") != nil)
                try stage.mend()
                _ = try stage.tool.json(["cancel", stage.id])
                try stage.expectLowered()
                #expect(try KeyspaceDigest(stage.faults.stage.target, tenants: ["acme"]).keys == 0)
            }
        }

        /// The old password does not come back, so whoever brings the new one takes the worker's place.
        @Test func resumeBringsTheNewPassword() throws {
            try run(.password) { stage in
                let environment = stage.tool.environment.merging(["FERRITE_MIGRATE_SOURCE_PASSWORD": "new"]) { $1 }
                let run = try ProgramRun(
                    path: stage.tool.program,
                    arguments: ["resume", stage.id, "--wait", "live_sync"],
                    environment: environment,
                    timeout: 60
                )
                #expect(run.code == 0, "\(run.errors)")
                try stage.expectLowered()
                try stage.finish()
            }
        }

        /// Who would not even be let in does not take the worker's place: that one goes on trying, and nobody is told that
        /// all is well.
        @Test(arguments: ["resume", "cancel"])
        func whoIsNotLetInEndsNoWorker(verb: String) throws {
            try run(.password) { stage in
                let worker = try #require(try stage.faults.worker)
                try stage.faults.stage.expectRefusal([verb, stage.id], 77, "may still be up: lowering the fence")
                #expect(try stage.faults.worker == worker)
                stage.faults.killAll()
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.faults.stage.expectRefusal([verb, stage.id], 77, "WRONGPASS")
                #expect(stage.tool.processes.isEmpty)
                try stage.mend()
                _ = try stage.tool.json(["resume", stage.id, "--wait", "live_sync"])
                try stage.expectLowered()
                try stage.finish()
            }
        }

        /// A worker that tries is no worker that hangs; and where it dies nothing is forgotten.
        @Test func whoeverDiesNothingIsForgotten() throws {
            try run(.password, ["--max-pause", "2000"]) { stage in
                let worker = try stage.faults.worker
                sleep(8)
                #expect(try stage.faults.worker == worker)
                stage.faults.killAll()
                try CommandStage.wait { stage.tool.processes.isEmpty }
                // The locks of a killed process go a moment after it.
                try CommandStage.wait {
                    let status = try stage.tool.run(["status", stage.id, "--format", "json"])
                    #expect(ToolAnswer(status.output).text("writable") == "unknown")
                    return status.errors.contains("may still be up") && status.errors.contains("WRONGPASS")
                }
                try stage.mend()
                let lowered = try stage.tool.run(["status", stage.id, "--format", "json"])
                #expect(ToolAnswer(lowered.output).text("writable") == "source")
                #expect(ToolAnswer(lowered.output).text("fence_up_at") == nil)
                try stage.expectLowered()
                try stage.finish()
            }
        }
    }
}

import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    /// What somebody else does at the target, or at the source, around the switch.
    @Suite struct EmptiedTargetTests {
        /// Runs `redis-cli` at a server as a hook, the first time that it is called.
        private func write(_ name: String, in folder: TemporaryFolder, at port: Int, _ command: String) throws {
            let hook = "#!/bin/sh\nrm \(folder.path)/\(name)\nredis-cli -p \(port) \(command)\n"
            try Data(hook.utf8).write(to: URL(filePath: folder.file(name)))
            chmod(folder.file(name), 0o755)
        }

        /// The tool's own count would say that both sides are equal.
        @Test(arguments: ["FLUSHALL", "FLUSHDB", "SWAPDB 0 9"], ["replication", "notifications"])
        func itIsNotSwitchedTo(command: String, feed: String) throws {
            try CommandStage.run { stage in
                if feed == "notifications" {
                    try stage.target.call("ACL", "SETUSER", "default", "-psync", "-replconf", "-sync")
                }
                let folder = try TemporaryFolder()
                try write("fenced", in: folder, at: Int(stage.target.port), command)
                var options = LiveWriter.Options()
                options.rate = 600
                let login = (user: FaultStage.user, password: FaultStage.password)
                let writer = LiveWriter(
                    tenant: CommandStage.tenant,
                    at: stage.source.endpoint(user: login.user, password: login.password),
                    alternative: stage.target.endpoint(user: login.user, password: login.password),
                    options: options
                )
                let faults = FaultStage(stage: stage, writer: writer)
                let id = try stage.migrate(["--hooks", folder.path])
                faults.more()
                let run = try stage.tool.run(["cutover", id, "--force", "--max-pause", "20000"])
                #expect(run.code == 1 && run.errors.contains("took away keys at"), "\(run.errors)")
                let status = try stage.tool.status(id)
                #expect(status.text("phase") == "live_sync" && status.text("writable") == "source")
                // It is filled again without anybody's doing.
                try CommandStage.wait { try stage.tool.run(["verify", id]).code == 0 }
                try faults.finish()
            }
        }

        /// They are in no copy and no difference, so the cutover's own answer says it.
        @Test func writesAtTheSourceBehindTheSwitchAreWarnedOf() throws {
            try CommandStage.run(keys: 20_000) { stage in
                let id = try stage.migrate()
                let cutover = try ChildProcess(
                    path: stage.tool.program,
                    arguments: ["cutover", id, "--until-verified", "--format", "json"],
                    environment: ProcessInfo.processInfo.environment.merging(stage.tool.environment) { $1 },
                    output: "\(stage.tool.journal)/cutover.out",
                    errors: "\(stage.tool.journal)/cutover.err"
                )
                let writer = try stage.source.connect()
                while !stage.tool.events.contains("\"switched\"") { usleep(1000) }
                // The comparison stands still, and the source is still watched.
                stage.target.suspend()
                for number in 0..<3 { try writer.call("SET", "__tenant:acme:stray:\(number)", "1") }
                try CommandStage.wait {
                    try stage.tool.status(id).integer("writes_at_source_since_switch") == 3
                }
                stage.target.resume()
                // What a comparison finds has the exit code that it always had.
                #expect(cutover.wait().code == 2)
                let source = "127.0.0.1:\(stage.source.port)"
                let words = "3 writes of the tenant's reached \(source) after the switch and are not at "
                let errors = try String(contentsOfFile: "\(stage.tool.journal)/cutover.err", encoding: .utf8)
                #expect(errors.contains(words), "\(errors)")
                let output = try String(contentsOfFile: "\(stage.tool.journal)/cutover.out", encoding: .utf8)
                #expect(ToolAnswer(output).text("note")?.contains(words) == true, "\(output)")
            }
        }
    }
}

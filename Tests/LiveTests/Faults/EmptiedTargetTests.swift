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

        /// Without the other tenants' keys at the target, which nobody brings back.
        private static func faults(_ stage: CommandStage) -> FaultStage {
            var options = LiveWriter.Options()
            options.rate = 600
            let login = (user: FaultStage.user, password: FaultStage.password)
            let writer = LiveWriter(
                tenant: CommandStage.tenant,
                at: stage.source.endpoint(user: login.user, password: login.password),
                alternative: stage.target.endpoint(user: login.user, password: login.password),
                options: options
            )
            return FaultStage(stage: stage, writer: writer)
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
                let faults = Self.faults(stage)
                let id = try stage.migrate(["--hooks", folder.path])
                faults.more()
                let run = try stage.tool.run(["cutover", id, "--force", "--max-pause", "20000"])
                #expect(run.code == 1 && run.errors.contains("took away keys at"), "\(run.errors)")
                #expect(try stage.tool.status(id).text("writable") == "source")
                try Self.isFilledAgain(stage, id, after: command)
                #expect(stage.tool.events.count("\"attached\"") == 2, "once, not twice")
                try faults.finish()
            }
        }

        /// Without anybody's doing.
        private static func isFilledAgain(_ stage: CommandStage, _ id: String, after command: String) throws {
            let name = command.split(separator: " ")[0]
            try CommandStage.wait {
                stage.tool.events.contains("somebody emptied \(stage.target.address) with \(name)")
            }
            try CommandStage.wait { try stage.tool.status(id).text("phase") == "live_sync" }
            try CommandStage.wait { try stage.tool.run(["verify", id]).code == 0 }
            // Longer than it takes to look again.
            sleep(3)
            #expect(try stage.tool.status(id).text("phase") == "live_sync")
        }

        /// Nothing that is copied passes a key that only the target has lost, so the tool looks whether one was.
        @Test(arguments: ["FLUSHALL", "FLUSHDB", "SWAPDB 0 9"])
        func itIsFilledAgainInLiveSync(command: String) throws {
            try CommandStage.run { stage in
                let faults = Self.faults(stage)
                let id = try stage.migrate(["--max-rate", "2000"])
                faults.more()
                // The first look only counts.
                sleep(3)
                try stage.target.connect().call(command.split(separator: " ").map { Array($0.utf8) })
                try CommandStage.wait { try stage.tool.status(id).text("phase") == "initial_sync" }
                try Self.isFilledAgain(stage, id, after: command)
                #expect(stage.tool.events.count("\"attached\"") == 2, "once, not twice")
                try faults.finish()
            }
        }

        /// It is counted from then on, so the progress is what is there.
        @Test func whatIsToldOfItIsTrue() throws {
            try CommandStage.run(keys: 4000) { stage in
                let id = try stage.migrate(["--max-rate", "1000"])
                sleep(3)
                try stage.target.call("FLUSHALL")
                try CommandStage.wait { try stage.tool.status(id).text("phase") == "initial_sync" }
                var shown: [Int] = []
                while try stage.tool.status(id).text("phase") == "initial_sync" {
                    let before = try stage.target.call("DBSIZE").integer ?? 0
                    let status = try stage.tool.status(id)
                    let after = try stage.target.call("DBSIZE").integer ?? 0
                    guard let synced = status.integer("keys_synced"), status.text("phase") == "initial_sync" else {
                        continue
                    }
                    // One batch may be there and not be counted, and the other way round.
                    #expect(synced >= before - 400 && synced <= after + 400, "\(before) ≤ \(synced) ≤ \(after)")
                    shown.append(synced)
                }
                #expect(shown.contains { $0 < 2500 }, "\(shown)")
                #expect(try stage.tool.run(["verify", id]).code == 0)
            }
        }

        /// They are in no copy and no difference, so the cutover's own answer says it.
        @Test func writesAtTheSourceBehindTheSwitchAreWarnedOf() throws {
            try CommandStage.run(keys: 20_000) { stage in
                let id = try stage.migrate()
                let cutover = try stage.tool.start(
                    ["cutover", id, "--until-verified", "--format", "json"],
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
                // Said once.
                let errors = try String(contentsOfFile: "\(stage.tool.journal)/cutover.err", encoding: .utf8)
                #expect(!errors.contains(words), "\(errors)")
                let output = try String(contentsOfFile: "\(stage.tool.journal)/cutover.out", encoding: .utf8)
                #expect(ToolAnswer(output).text("note")?.contains(words) == true, "\(output)")
            }
        }
    }
}

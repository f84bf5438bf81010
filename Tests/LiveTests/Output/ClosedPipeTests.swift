import Foundation
import MigrationTestSupport
import Testing

/// A reader that goes away ends a command at once and quietly.
@Suite(.serialized) struct ClosedPipeTests {
    /// Runs a verb whose reader has gone before it writes.
    private func run(_ stage: CommandStage, _ arguments: [String], reader: String = "true") throws -> ProgramRun {
        let line = "set -o pipefail; { sleep 0.2; \"$0\" \"$@\"; } | \(reader)"
        return try ProgramRun(
            path: "/bin/bash",
            arguments: ["-c", line, stage.tool.program] + arguments,
            environment: stage.tool.environment,
            timeout: 60
        )
    }

    @Test(arguments: ["raw", "json"])
    func everyVerb(format: String) throws {
        try CommandStage.run { stage in
            func expect(_ arguments: [String], _ code: Int = 0) throws {
                let run = try run(stage, arguments + ["--format", format, "--quiet"])
                #expect(run.code == code, "\(arguments): \(run.errors)")
                #expect(run.output.isEmpty && (run.errors.isEmpty || code == 64), "\(arguments): \(run.errors)")
            }
            try expect(["config", "show"])
            try expect(["config", "check", "/dev/null"])
            try expect(stage.tool.validateArguments(CommandStage.tenant))
            try expect(stage.tool.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"]))
            let id = try #require(stage.migrations.first)
            for verb in ["status", "pause", "resume", "verify"] { try expect([verb, id]) }
            try expect(["status", "ALL"])
            try expect(["status", "mig_0000000000"], 64)
            try expect(["cutover", id, "--until-verified"])
            try stage.target.call("SET", "__tenant:acme:planted", "1")
            try expect(["verify", id, "--again"], 2)
            try expect(["cleanup", id, "--yes"])
            try CommandStage.wait { stage.tool.processes.isEmpty }
        }
    }

    /// Whoever reads the result does not decide over the migration.
    @Test func theForegroundGoesOn() throws {
        try CommandStage.run { stage in
            let folder = try TemporaryFolder()
            let line = "set -o pipefail; \"$0\" \"$@\" --foreground --format raw --quiet | head -1"
            let migrate = stage.tool.migrateArguments(CommandStage.tenant)
            let process = try ChildProcess(
                path: "/bin/bash",
                arguments: ["-c", line, stage.tool.program] + migrate,
                environment: ProcessInfo.processInfo.environment.merging(stage.tool.environment) { $1 },
                output: folder.file("out"),
                errors: folder.file("err")
            )
            try CommandStage.wait {
                guard let id = stage.migrations.first else { return false }
                return try stage.tool.status(id).text("phase") == "live_sync"
            }
            _ = try stage.tool.json(["cutover", stage.migrations[0], "--until-verified"])
            #expect(process.wait().code == 0)
            #expect(String(decoding: folder.contents("out"), as: UTF8.self) == "migration_id: \(stage.migrations[0])\n")
            #expect(folder.contents("err").isEmpty)
        }
    }

    /// Nothing changes, so nothing is written that could show it.
    @Test(arguments: ["raw", "json"])
    func aWatchEnds(format: String) throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            for what in [id, "ALL"] {
                let start = MonotonicClock.seconds
                let run = try run(stage, ["status", what, "--watch", "--format", format], reader: "head -1")
                #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
                #expect(run.output.filter(\.isNewline).count == 1)
                #expect(MonotonicClock.seconds - start < 8)
            }
            #expect(stage.tool.processes.count == 2, "the supervisor and its worker, and no watch")
            _ = try stage.tool.json(["cancel", id])
        }
    }
}

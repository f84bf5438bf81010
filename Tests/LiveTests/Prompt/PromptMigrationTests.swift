import Foundation
import Glibc
import MigrationTestSupport
import Testing

/// The prompt between two real servers.
@Suite(.serialized) struct PromptMigrationTests {
    private static let prompt = "ferrite-migrate> "
    private static let interrupt = "\u{3}"

    private func open(_ stage: CommandStage) throws -> ToolTerminal {
        let terminal = try ToolTerminal(
            path: stage.tool.program,
            arguments: ["repl"],
            environment: stage.tool.environment
        )
        _ = try #require(terminal.wait(for: Self.prompt), "\(terminal.shown)")
        return terminal
    }

    private func answer(_ line: String, at terminal: ToolTerminal) throws -> String {
        terminal.enter(line)
        return try #require(terminal.wait(for: Self.prompt, seconds: 60), "\(terminal.shown)")
    }

    /// Runs lines as a script from a pipe.
    private func script(_ lines: [String], _ stage: CommandStage, options: String = "") throws -> ProgramRun {
        try ProgramRun(
            path: "/bin/bash",
            arguments: ["-c", "printf '%s\\n' \"$@\" | \"$TOOL\" repl \(options)", "bash"] + lines,
            environment: stage.tool.environment.merging(["TOOL": stage.tool.program]) { $1 },
            timeout: 120
        )
    }

    private func migrateLine(_ stage: CommandStage) -> String {
        "TENANT.MIGRATE \(CommandStage.tenant) SOURCE \(stage.source.endpoint.url) TARGET \(stage.target.endpoint.url)"
    }

    private func workers(_ stage: CommandStage, _ terminal: ToolTerminal) -> Set<pid_t> {
        Set(stage.tool.processes).subtracting([terminal.pid])
    }

    @Test func aMigrationInScripts() throws {
        try CommandStage.run { stage in
            let started = try script(
                [
                    migrateLine(stage) + " MODE live PARALLEL 2 BATCH_SIZE 100 \\", "  WAIT live_sync",
                    "tenant.migrate.status all",
                ],
                stage
            )
            #expect(started.code == 0, "\(started.errors)")
            // The others are the progress.
            let warnings = started.errors.split(separator: "\n").filter { $0.hasPrefix("ferrite-migrate") }
            #expect(warnings.allSatisfy { $0.hasPrefix("ferrite-migrate: line 1: warning: ") }, "\(warnings)")
            let lines = started.output.split(separator: "\n").map(String.init)
            let names = lines.map { $0.prefix { $0 != ":" } }
            #expect(names == ["migration_id", "status", "progress", "migration_id"])
            let id = String(lines[0].dropFirst("migration_id: ".count))
            #expect(lines[3].hasPrefix("migration_id: \(id), tenant: acme, "))

            let switched = try script(
                [
                    "TENANT.MIGRATE.PAUSE \(id)", "TENANT.MIGRATE.RESUME \(id) WAIT live_sync",
                    "TENANT.MIGRATE.CUTOVER \(id) UNTIL_VERIFIED", "TENANT.MIGRATE.VERIFY \(id)",
                    "TENANT.MIGRATE.CLEANUP \(id) YES",
                ],
                stage
            )
            #expect(switched.code == 0, "\(switched.errors)")
            #expect(switched.output.contains("status: completed\ndowntime_ms: "))
            #expect(switched.output.contains("status: verified\n"))
            #expect(switched.output.contains("status: cleaned\nkeys_removed: 500\n"))
            #expect(try stage.target.call("DBSIZE").integer == 500)
        }
    }

    @Test func theFirstFailureOfAScript() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let lines = [migrateLine(stage), "cutover \(id) --until-verified"]
            let stopped = try script(lines, stage)
            #expect(stopped.code == 75 && stopped.output.isEmpty)
            #expect(stopped.errors.hasPrefix("ferrite-migrate: line 1: "))
            #expect(stopped.errors.contains("is already being migrated"), "\(stopped.errors)")
            #expect(try stage.tool.status(id).text("phase") == "live_sync")
            let all = try script(lines, stage, options: "--keep-going")
            #expect(all.code == 75 && all.output.contains("status: completed"), "\(all.errors)")
            // Nobody can be asked: the script is no answer.
            let asked = try script(["cleanup \(id)", "y"], stage)
            #expect(
                asked.code == 64 && asked.errors.contains("line 1: cleanup removes data: give --yes"),
                "\(asked.errors)"
            )
        }
    }

    /// Ctrl-C ends what waits and what watches, and reaches no worker; nor does the prompt's own end.
    @Test func controlCEndsTheCommandAndNoWorker() throws {
        try CommandStage.run { stage in
            let terminal = try open(stage)
            let started = try answer(migrateLine(stage) + " WAIT live_sync", at: terminal)
            let id = try #require(stage.migrations.first, "\(started)")
            #expect(started.contains("migration_id: \(id)\r\nstatus: live_sync\r\n"), "\(started)")
            let workers = workers(stage, terminal)
            #expect(workers.count == 2, "a supervisor and its worker")
            for worker in workers { #expect(getsid(worker) != getsid(terminal.pid)) }

            for line in ["status \(id) --watch", "TENANT.MIGRATE.STATUS ALL WATCH", "resume \(id) --wait completed"] {
                terminal.enter(line)
                _ = try #require(terminal.wait(for: "live_sync"), "\(terminal.shown)")
                terminal.type(Self.interrupt)
                let rest = try #require(terminal.wait(for: Self.prompt), "\(terminal.shown)")
                #expect(rest.contains("ferrite-migrate: interrupted"), "\(rest)")
                #expect(self.workers(stage, terminal) == workers)
            }
            #expect(try answer("status \(id)", at: terminal).contains("phase: live_sync\r\n"))
            kill(terminal.pid, SIGHUP)
            #expect(terminal.waitForEnd() == 128 + Int(SIGHUP))
            #expect(self.workers(stage, terminal) == workers)
            #expect(try stage.tool.json(["cutover", id, "--until-verified"]).text("status") == "completed")
        }
    }

    /// A key that is pressed while a command runs is the next line's.
    @Test func whatIsTypedAheadIsNotLost() throws {
        try CommandStage.run { stage in
            let terminal = try open(stage)
            terminal.type(migrateLine(stage) + " WAIT live_sync\rTENANT.MIGRATE.STATUS ALL\r")
            _ = try #require(terminal.wait(for: "progress: ", seconds: 60), "\(terminal.shown)")
            // A list is a table at the prompt, too.
            let header = try #require(terminal.wait(for: "keys synced"), "\(terminal.shown)")
            #expect(header.contains("migration id"), "\(header)")
            _ = try #require(terminal.wait(for: "live_sync"), "\(terminal.shown)")
        }
    }

    @Test func tabCompletesATenantAndAnID() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let terminal = try open(stage)
            terminal.type("TENANT.MIGRATE.CUTOVER m\t")
            _ = try #require(terminal.wait(for: "\(id) "), "\(terminal.shown)")
            terminal.type(Self.interrupt)
            _ = try #require(terminal.wait(for: Self.prompt), "\(terminal.shown)")
            terminal.type("migrate ac\t")
            _ = try #require(terminal.wait(for: "migrate acme "), "\(terminal.shown)")
        }
    }

    /// What works in this process is broken off, and done by calling it again.
    @Test func aCleanupThatIsBrokenOff() throws {
        try CommandStage.run(keys: 5000) { stage in
            let id = try stage.migrate()
            _ = try stage.tool.json(["cutover", id, "--until-verified"])
            try CommandStage.wait { stage.tool.processes.isEmpty }
            let terminal = try open(stage)
            terminal.enter("TENANT.MIGRATE.CLEANUP \(id) YES RATE 500")
            try CommandStage.wait { try stage.source.call("DBSIZE").integer ?? 0 < 5000 }
            terminal.type(Self.interrupt)
            let shown = try #require(terminal.wait(for: Self.prompt), "\(terminal.shown)")
            #expect(shown.contains("ferrite-migrate: interrupted") && !shown.contains("cleaned"), "\(shown)")
            let left = try #require(try stage.source.call("DBSIZE").integer)
            #expect(left > 0)
            usleep(300_000)
            #expect(try stage.source.call("DBSIZE").integer == left, "nothing goes on behind the prompt")
            #expect(try answer("cleanup \(id) --yes", at: terminal).contains("keys_removed: \(left)"))
            #expect(try stage.source.call("DBSIZE").integer == 0)
        }
    }

    @Test func aQuestionAtThePrompt() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            _ = try stage.tool.json(["cutover", id, "--until-verified"])
            try CommandStage.wait { stage.tool.processes.isEmpty }
            let terminal = try open(stage)
            for reply in ["n\r", "\r", "\u{4}", Self.interrupt] {
                terminal.enter("cleanup \(id)")
                _ = try #require(terminal.wait(for: "[y/N] "), "\(terminal.shown)")
                terminal.type(reply)
                _ = try #require(terminal.wait(for: Self.prompt), "\(reply.unicodeScalars): \(terminal.shown)")
                #expect(try stage.source.call("DBSIZE").integer == 500)
            }
            terminal.enter("cleanup \(id)")
            _ = try #require(terminal.wait(for: "[y/N] "))
            terminal.type("yes\r")
            #expect(terminal.wait(for: Self.prompt)?.contains("keys_removed: 500") == true, "\(terminal.shown)")
        }
    }
}

import Foundation
import MigrationTestSupport
import Testing

/// Programs of the operator's at the moments of a real migration.
@Suite(.serialized) struct HookTests {
    private static let app = ["--user", "acme-app", "--pass", "secret", "--no-auth-warning"]

    /// A folder of hooks, each of which notes its name and what it was given before it does as `scripts` says.
    private final class Hooks {
        let folder: TemporaryFolder

        init(_ names: [String], scripts: [String: String] = [:]) throws {
            folder = try TemporaryFolder()
            for name in names { try write(name, scripts[name] ?? "") }
        }

        func write(_ name: String, _ script: String) throws {
            let own = "cat > \(folder.path)/.$HOOK_EVENT; env > \(folder.path)/.$HOOK_EVENT.env"
            let text = "#!/bin/sh\n\(own)\necho $HOOK_EVENT >> \(folder.path)/.order\n\(script)\n"
            try Data(text.utf8).write(to: URL(filePath: folder.file(name)))
            chmod(folder.file(name), 0o755)
        }

        var options: [String] { ["--hooks", folder.path] }
        var order: [String] { text(".order").split(separator: "\n").map(String.init) }
        func text(_ name: String) -> String { String(decoding: folder.contents(name), as: UTF8.self) }
        func input(_ name: String) -> ToolAnswer { ToolAnswer(text(".\(name)")) }
    }

    private func canWrite(_ server: RedisServer) throws -> Bool {
        let run = try ProgramRun(
            path: "/usr/bin/redis-cli",
            arguments: ["-p", "\(server.port)"] + Self.app + ["SET", "__tenant:acme:probe", "1"],
            environment: [:],
            timeout: 10
        )
        return run.output == "OK\n"
    }

    @Test func aWholeLife() throws {
        try CommandStage.run { stage in
            let all = ["synced", "before-cutover", "fenced", "switched", "after-cutover", "verified", "completed"]
            let write = "redis-cli -p PORT \(Self.app.joined(separator: " ")) SET __tenant:acme:by-hook 1 2>&1"
            let hooks = try Hooks(all)
            let (source, target) = ("\(stage.source.port)", "\(stage.target.port)")
            for (name, port) in [("before-cutover", source), ("fenced", source), ("switched", target)] {
                try hooks.write(name, write.replacing("PORT", with: port) + " > \(hooks.folder.path)/.\(name).write")
            }
            let id = try stage.migrate(hooks.options)
            let cutover = try stage.tool.json(["cutover", id])
            #expect(cutover.text("status") == "completed")
            try CommandStage.wait { stage.tool.processes.isEmpty }
            #expect(hooks.order == all)
            // What the clients feel at that moment is what the name says.
            #expect(hooks.text(".before-cutover.write") == "OK\n")
            #expect(hooks.text(".fenced.write").contains("NOPERM"))
            #expect(hooks.text(".switched.write") == "OK\n")
            #expect(hooks.input("before-cutover").object("status")?.text("phase") == "cutover")
            #expect(hooks.input("completed").object("status")?.text("phase") == "completed")
            let names = try stage.tool.status(id).names
            #expect(hooks.input("completed").object("status")?.names == names)
            let environment = hooks.text(".switched.env")
            #expect(environment.contains("HOOK_MIGRATION_ID=\(id)\n") && environment.contains("HOOK_DOWNTIME_MS="))
            #expect(environment.contains("FERRITE_MIGRATE_JOURNAL=\(stage.tool.journal)\n"))
        }
    }

    @Test func aCutoverThatAHookForbids() throws {
        try CommandStage.run { stage in
            let hooks = try Hooks(
                ["before-cutover", "fenced"],
                scripts: ["before-cutover": "echo not tonight; exit 1"]
            )
            let id = try stage.migrate(hooks.options)
            let users = try stage.source.call("ACL", "LIST")
            try stage.expectRefusal(
                ["cutover", id],
                75,
                "the hook before-cutover ended with exit status 1: not tonight"
            )
            #expect(try stage.source.call("ACL", "LIST") == users)
            #expect(try stage.tool.status(id).text("phase") == "live_sync")
            #expect(hooks.order == ["before-cutover"])
            try hooks.write("before-cutover", "exit 0")
            try hooks.write("fenced", "exit 9")
            try stage.expectRefusal(["cutover", id], 75, "the hook fenced ended with exit status 9")
            #expect(try canWrite(stage.source))
            // What cannot be found forbids it, too.
            let (path, away) = (hooks.folder.path, hooks.folder.path + ".away")
            try FileManager.default.moveItem(atPath: path, toPath: away)
            try stage.expectRefusal(["cutover", id], 78, "the hook \(path) cannot be used: No such file or directory")
            let plan = try stage.tool.json(["cutover", id, "--plan"])
            #expect(plan.text("reason")?.contains("cannot be used") == true)
            try FileManager.default.moveItem(atPath: away, toPath: path)
            try FileManager.default.removeItem(atPath: hooks.folder.file("fenced"))
            try FileManager.default.createSymbolicLink(
                atPath: hooks.folder.file("fenced"),
                withDestinationPath: "/nope"
            )
            try stage.expectRefusal(["cutover", id], 78, "fenced cannot be used: No such file or directory")
            #expect(try canWrite(stage.source))
            try FileManager.default.removeItem(atPath: hooks.folder.file("fenced"))
            #expect(try stage.tool.json(["cutover", id]).text("status") == "completed")
        }
    }

    @Test func aHookWithinTheFenceCountsAgainstThePauseBudget() throws {
        try CommandStage.run { stage in
            let hooks = try Hooks(["fenced"], scripts: ["fenced": "trap '' TERM; sleep 600"])
            let id = try stage.migrate(hooks.options)
            let start = MonotonicClock.seconds
            let words = "the pause budget ran out while running the hook fenced"
            try stage.expectRefusal(["cutover", id, "--max-pause", "300"], 75, words)
            #expect(MonotonicClock.seconds - start < 5)
            #expect(try canWrite(stage.source))
            // Nothing of it is left: the supervisor and the worker remain.
            try CommandStage.wait { stage.tool.processes.count == 2 }
        }
    }

    @Test func aMigrationThatFails() throws {
        try CommandStage.run { stage in
            let hooks = try Hooks(["failed", "interrupted"])
            let id = try stage.migrate(hooks.options + ["--timeout", "2"])
            stage.source.kill(SIGKILL)
            try CommandStage.wait { hooks.order.contains("failed") }
            #expect(hooks.order.first == "interrupted")
            let status = try #require(hooks.input("failed").object("status"))
            #expect(status.text("phase") == "failed" && status.text("migration_id") == id)
            #expect(hooks.text(".failed.env").contains("HOOK_ERROR_KIND=unreachable\n"))
        }
    }

    /// The hooks are the migration's and not its first worker's.
    @Test func aResumedMigrationHasItsHooks() throws {
        try CommandStage.run { stage in
            let hooks = try Hooks(["paused", "cancelled"])
            let id = try stage.migrate(hooks.options)
            stage.tool.endAll()
            #expect(try stage.tool.run(["resume", id, "--wait", "live_sync"]).code == 0)
            #expect(try stage.tool.run(["pause", id]).code == 0)
            try CommandStage.wait { hooks.order == ["paused"] }
            #expect(try stage.tool.run(["cancel", id]).code == 0)
            try CommandStage.wait { hooks.order == ["paused", "cancelled"] }
        }
    }

    @Test func aLagThatStaysHigh() throws {
        try CommandStage.run { stage in
            let hooks = try Hooks(["lag-high"])
            let id = try stage.migrate(hooks.options + ["--lag-high", "20"])
            stage.target.suspend()
            let client = try stage.source.connect()
            for number in 0..<50 { try client.call("SET", "__tenant:acme:lag:\(number)", "1") }
            try CommandStage.wait { !hooks.order.isEmpty }
            stage.target.resume()
            #expect(hooks.order == ["lag-high"])
            let status = try #require(hooks.input("lag-high").object("status"))
            #expect(try #require(status.integer("lag_keys")) > 20 && status.text("migration_id") == id)
        }
    }

    /// A pause that somebody has forgotten.
    @Test func aLagThatGrowsInAPause() throws {
        try CommandStage.run { stage in
            let hooks = try Hooks(["lag-high"])
            let id = try stage.migrate(hooks.options + ["--lag-high", "20"])
            _ = try stage.tool.json(["pause", id])
            let client = try stage.source.connect()
            for number in 0..<50 { try client.call("SET", "__tenant:acme:lag:\(number)", "1") }
            try CommandStage.wait { !hooks.order.isEmpty }
            #expect(hooks.input("lag-high").object("status")?.text("phase") == "paused")
        }
    }

    @Test func hooksThatCannotBeRunAreFoundBeforeAnythingBegins() throws {
        try CommandStage.run { stage in
            let hooks = try Hooks(["before-cutover"])
            chmod(hooks.folder.file("before-cutover"), 0o644)
            let arguments = stage.tool.migrateArguments(CommandStage.tenant, hooks.options)
            try stage.expectRefusal(arguments, 78, "it is not executable; chmod +x it")
            let nowhere = stage.tool.migrateArguments(CommandStage.tenant, ["--hooks", "/nowhere"])
            try stage.expectRefusal(nowhere, 78, "the hook /nowhere cannot be used: No such file or directory")
            #expect(stage.migrations.isEmpty)
            #expect(try stage.target.call("DBSIZE") == .integer(0))
        }
    }
}

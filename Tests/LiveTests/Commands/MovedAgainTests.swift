import MigrationTestSupport
import Testing

/// What a finished migration has left at its source, met by the next.
@Suite struct MovedAgainTests {
    private func canWrite(at server: RedisServer) throws -> Bool {
        try server.connect(user: "acme-app", password: "secret").answer("SET", "__tenant:acme:late", "1").errorText
            == nil
    }

    /// The target dies, and the tenant is moved again from the source that is still fenced; then home.
    @Test func fromAFencedSource() throws {
        try CommandStage.run(keys: 50) { stage in
            let first = try stage.migrate()
            #expect(try stage.tool.run(["cutover", first, "--until-verified"]).code == 0)
            stage.target.stop()
            let other = try RedisServer()
            defer { other.stop() }
            let tool = try MigrateTool(source: stage.source.endpoint, target: other.endpoint)
            defer { tool.endAll() }
            let report = try tool.json(tool.validateArguments(CommandStage.tenant), accepting: [0, 1, 69, 77])
            let fence = try #require(report.list("checks").first { $0.text("name") == "fence" })
            #expect(fence.text("reason")?.contains("fenced already by migration \(first)") == true, "\(fence)")
            let second = try tool.migrate(CommandStage.tenant, ["--wait", "live_sync"])
            #expect(try !canWrite(at: other))
            // One that goes back leaves the source as it was: fenced by the first.
            let slow = try tool.run(["cutover", second, "--max-pause", "1"])
            if slow.code != 0 {
                #expect(try !canWrite(at: stage.source) && !canWrite(at: other))
                #expect(try tool.run(["cutover", second]).code == 0)
            }
            #expect(try canWrite(at: other) && !canWrite(at: stage.source))
            let back = try MigrateTool(source: other.endpoint, target: stage.source.endpoint)
            defer { back.endAll() }
            let third = try back.migrate(CommandStage.tenant, ["--wait", "live_sync", "--replace"])
            #expect(try back.run(["cutover", third, "--until-verified"]).code == 0)
            #expect(try canWrite(at: stage.source) && !canWrite(at: other))
            let line = try stage.source.call("ACL", "LIST").array?.compactMap(\.text).first {
                $0.hasPrefix("user acme-app")
            }
            #expect(line?.contains("__ferrite_migrate") == false, "\(line ?? "")")
        }
    }

    /// What the old source still has is moved nowhere while the tenant lives where the journal knows it.
    @Test func notFromAnOldState() throws {
        try CommandStage.run(keys: 50) { stage in
            let first = try stage.migrate()
            #expect(try stage.tool.run(["cutover", first, "--until-verified"]).code == 0)
            let other = try RedisServer()
            defer { other.stop() }
            let tool = try MigrateTool(source: stage.source.endpoint, target: other.endpoint)
            defer { tool.endAll() }
            let journal = ["FERRITE_MIGRATE_JOURNAL": stage.tool.journal]
            let move = tool.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"])
            for arguments in [tool.validateArguments(CommandStage.tenant), move] {
                let refused = try tool.run(arguments, environment: journal)
                #expect(refused.code == 77)
                let words = refused.output + refused.errors
                #expect(words.contains("lives at 127.0.0.1:\(stage.target.port), where \(first)"), "\(words)")
            }
            #expect(try other.call("DBSIZE").integer == 0)
            #expect(try other.call("ACL", "GETUSER", "acme-app") == .null)
            // Whoever has lost the tenant's data there says so by the user, and may go on from the old state.
            try stage.target.call("ACL", "DELUSER", "acme-app")
            let again = try tool.run(move, environment: journal)
            #expect(again.code == 0, "\(again.errors)")
            #expect(again.errors.contains("has moved it, to 127.0.0.1:\(stage.target.port)"), "\(again.errors)")
        }
    }

    /// The home that was away is back before the tenant is switched to another: there it lives, and the migration from the
    /// old state ends, whether its worker lives or is started anew. Also where that home has a password of its own.
    @Test(arguments: [nil, "s3cret"])
    func aHomeThatComesBack(password: String?) throws {
        try CommandStage.run(keys: 50, password: password) { stage in
            let first = try stage.migrate()
            #expect(try stage.tool.run(["cutover", first, "--until-verified"]).code == 0)
            let other = try RedisServer(password: password)
            defer { other.stop() }
            let tool = try MigrateTool(source: stage.source.endpoint, target: other.endpoint)
            defer { tool.endAll() }
            let journal = ["FERRITE_MIGRATE_JOURNAL": stage.tool.journal]
            stage.target.suspend()
            let begun = try tool.run(
                tool.migrateArguments(CommandStage.tenant, ["--wait", "live_sync", "--format", "json"]),
                environment: journal
            )
            #expect(begun.code == 0, "\(begun.errors)")
            let second = try #require(ToolAnswer(begun.output).text("migration_id"))
            stage.target.resume()
            let client = try stage.target.connect(user: "acme-app", password: "secret")
            #expect(try client.answer("SET", "__tenant:acme:k0", "newer").errorText == nil)
            let refused = try tool.run(["cutover", second], environment: journal)
            #expect(refused.code != 0)
            try CommandStage.wait {
                try tool.run(["status", second], environment: journal).output.contains("phase: failed")
            }
            let words = "the tenant lives at 127.0.0.1:\(stage.target.port), where \(first) has moved it"
            let resumed = try tool.run(["resume", second], environment: journal)
            #expect(resumed.code == 77 && resumed.errors.contains(words), "\(resumed.errors)")
            #expect(try !canWrite(at: other) && !canWrite(at: stage.source) && canWrite(at: stage.target))
            // What is there is of no use, says the operator.
            try stage.target.call("ACL", "DELUSER", "acme-app")
            #expect(try tool.run(["resume", second, "--wait", "live_sync"], environment: journal).code == 0)
            #expect(try tool.run(["cutover", second], environment: journal).code == 0)
            #expect(try canWrite(at: other))
        }
    }

    /// A home that cannot be asked may be one all the same: the cutover's answer and the status say so. So they do of one
    /// that the journal does not know.
    @Test(arguments: [true, false])
    func aHomeThatCannotBeAsked(isKnown: Bool) throws {
        try CommandStage.run(keys: 50) { stage in
            let first = try stage.migrate()
            #expect(try stage.tool.run(["cutover", first, "--until-verified"]).code == 0)
            try stage.target.call("ACL", "SETUSER", "default", "-acl")
            let other = try RedisServer()
            defer { other.stop() }
            let tool = try MigrateTool(source: stage.source.endpoint, target: other.endpoint)
            defer { tool.endAll() }
            let journal = ["FERRITE_MIGRATE_JOURNAL": isKnown ? stage.tool.journal : tool.journal]
            let options = ["--wait", "live_sync", "--format", "json"]
            let begun = try tool.run(tool.migrateArguments(CommandStage.tenant, options), environment: journal)
            let second = try #require(ToolAnswer(begun.output).text("migration_id"), "\(begun.errors)")
            let cutover = try tool.run(["cutover", second, "--until-verified"], environment: journal)
            let known = "127.0.0.1:\(stage.target.port), where \(first) had moved the tenant, could not be asked"
            let words = isKnown ? known : "fenced by \(first), which this journal does not have"
            #expect(cutover.code == 0 && cutover.errors.contains(words), "\(cutover.errors)")
            #expect(try tool.run(["status", second], environment: journal).output.contains(words))
        }
    }

    /// What a failed migration has left at the target is refused in words, and taken over when that is asked for; the
    /// first then has nothing there any more.
    @Test func toATargetWithCopies() throws {
        try CommandStage.run(keys: 50) { stage in
            let first = try stage.migrate()
            stage.tool.endAll()
            let other = try MigrateTool(source: stage.source.endpoint, target: stage.target.endpoint)
            defer { other.endAll() }
            let refused = try other.run(other.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"]))
            #expect(refused.code != 0)
            try stage.target.call("FLUSHALL")
            let users = try other.run(other.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"]))
            #expect(users.code == 77 && users.errors.contains("a read-only copy that migration \(first) has left"))
            #expect(users.errors.contains("--replace"), "\(users.errors)")
            let second = try other.migrate(CommandStage.tenant, ["--wait", "live_sync", "--replace"])
            #expect(try other.run(["cutover", second]).code == 0)
            #expect(try canWrite(at: stage.target))
        }
    }
}

import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    @Suite struct CleanupTests {
        @Test func theSourceIsEmptiedAfterTheEnd() throws {
            try CommandStage.run { stage in
                try TenantSeed(tenant: "acme-corp", keys: 20).write(to: stage.source.endpoint)
                let neighbours = try KeyspaceDigest(stage.source, tenants: ["acme-corp"])
                let id = try stage.migrate()
                let early = "is in phase live_sync: the source is cleaned up when it is completed, after a cutover"
                try stage.expectRefusal(["cleanup", id, "--yes"], 1, early)
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.expectRefusal(["cleanup", id], 64, "--yes")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 500)
                let answer = try stage.tool.json(["cleanup", id, "--yes"])
                #expect(answer.integer("keys_removed") == 500)
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 0)
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme-corp"]) == neighbours)
                #expect(try stage.source.call("ACL", "USERS").array?.compactMap(\.text) == ["default"])
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 500)
                #expect(try stage.tool.json(["cleanup", id, "--yes"]).integer("keys_removed") == 0)
                #expect(try stage.tool.run(["cleanup", id, "--yes"]).output == "status: cleaned\nkeys_removed: 0\n")
            }
        }

        /// Its users can write there still, but the source's copy is the last: nobody removes it, and nobody copies over
        /// what clients may write there now.
        @Test func theLastCopyStays() throws {
            try CommandStage.run(keys: 50) { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.target.call("FLUSHALL")
                try stage.expectRefusal(["cleanup", id, "--yes"], 1, "may have lost its data")
                let again = try stage.tool.run(stage.tool.migrateArguments(CommandStage.tenant))
                #expect(again.code == 77 && again.errors.contains("ACL DELUSER acme-app"), "\(again.errors)")

                let server = try RedisServer()
                defer { server.stop() }
                let other = try MigrateTool(source: stage.source.endpoint, target: server.endpoint)
                defer { other.endAll() }
                let second = try other.migrate(CommandStage.tenant, ["--wait", "live_sync"])
                try stage.expectRefusal(["cleanup", id, "--yes", "--force"], 75, "\(second) is at work on the tenant")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 50)
                #expect(try KeyspaceDigest(server, tenants: ["acme"]).keys == 50)
            }
        }

        /// A user that another application uses too is not the tenant's to lose.
        @Test func aSharedUserStays() throws {
            try CommandStage.run(keys: 50) { stage in
                let keys = ["~__tenant:acme:*", "~reports:*"]
                try stage.source.call("ACL", "SETUSER", "reports", "on", ">pw", keys[0], keys[1], "+@all")
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                let answer = try stage.tool.json(["cleanup", id, "--yes"])
                #expect(answer.texts("users_removed") == ["acme-app"])
                #expect(answer.texts("users_kept") == ["reports"])
                let client = try stage.source.connect(user: "reports", password: "pw")
                #expect(try client.answer("SET", "reports:k", "1").errorText == nil)
                #expect(try client.answer("SET", "__tenant:acme:k", "1").errorText != nil)
            }
        }

        /// Nobody fenced it, so what it may still write there is the tenant's.
        @Test(.enabled(if: RedisVersion.v62.isAvailable))
        func aUserThatNoFenceHoldsStopsIt() throws {
            try CommandStage.run(keys: 50, user: false, versions: (.v62, .v7)) { stage in
                let keys = ["~__tenant:acme:*", "~reports:*"]
                try stage.source.call("ACL", "SETUSER", "reports", "on", ">pw", keys[0], keys[1], "+@all")
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--until-verified", "--fence", "pause"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.expectRefusal(["cleanup", id, "--yes"], 77, "reports can write the tenant's keys at")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 50)
                let answer = try stage.tool.json(["cleanup", id, "--yes", "--force"])
                #expect(answer.integer("keys_removed") == 50 && answer.texts("users_kept") == ["reports"])
                #expect(try stage.source.connect(user: "reports", password: "pw").answer("PING").errorText == nil)
            }
        }

        /// One that came after the fence, also switched off: its connections stay. It is named before any count, and kept.
        @Test func aUserThatCameLaterStopsIt() throws {
            try CommandStage.run(keys: 50) { stage in
                let id = try stage.moved()
                try stage.source.call("ACL", "SETUSER", "late", "on", ">pw", "~__tenant:acme:*", "+@all")
                let client = try stage.source.connect(user: "late", password: "pw")
                try stage.source.call("ACL", "SETUSER", "late", "off")
                #expect(try client.answer("SET", "__tenant:acme:late", "1").errorText == nil)
                try stage.expectRefusal(["cleanup", id, "--yes"], 77, "late can write the tenant's keys at")
                let answer = try stage.tool.json(["cleanup", id, "--yes", "--force"])
                #expect(answer.integer("keys_removed") == 51 && answer.texts("users_kept") == ["late"])
                #expect(answer.texts("users_removed") == ["acme-app"])
            }
        }

        @Test func withTheCutover() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                try stage.expectRefusal(["cutover", id, "--cleanup"], 64, "--cleanup removes data: give --yes")
                #expect(try stage.tool.status(id).text("phase") == "live_sync")
                let run = try stage.tool.run(["cutover", id, "--cleanup", "--yes"])
                #expect(run.code == 0, "\(run.errors)")
                #expect(run.output.contains("status: cleaned\nkeys_removed: 500\nusers_removed: acme-app\n"))
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 0)
            }
        }

        /// What was not compared in full, or is in use again, stays.
        @Test func whatIsNotProvedStays() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--until-verified", "--verify", "none"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.expectRefusal(["cleanup", id, "--yes"], 1, "were not compared")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 500)
            }
        }

        @Test func aSourceThatIsInUseAgainStays() throws {
            try CommandStage.run { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try stage.source.call("ACL", "SETUSER", "acme-app", "~__tenant:acme:*", "+@all")
                try stage.expectRefusal(["cleanup", id, "--yes"], 77, "user acme-app can write")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 500)
            }
        }

        /// Of the source's keys only those that were compared may go: what came since is nowhere else.
        @Test func whatCameSinceTheComparisonStays() throws {
            try CommandStage.run { stage in
                let id = try stage.moved()
                try stage.source.call("SET", "__tenant:acme:late", "1")
                try stage.expectRefusal(
                    ["cleanup", id, "--yes"],
                    1,
                    "has 501 keys of the tenant, and at most 500 of them were compared across the switch: at least 1 has come since"
                )
                try stage.expectRefusal(["cleanup", id, "--yes"], 1, "verify \(id) --again")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 501)
                #expect(try stage.source.call("ACL", "USERS").array?.count == 2)
                #expect(try stage.tool.json(["cleanup", id, "--yes", "--force"]).integer("keys_removed") == 501)
            }
        }

        /// A comparison of nothing with nothing allows nothing.
        @Test func dataThatIsRestoredAfterAnEmptyComparisonStays() throws {
            try CommandStage.run(keys: 1) { stage in
                let id = try stage.migrate()
                try stage.source.call("UNLINK", "__tenant:acme:k0")
                try CommandStage.wait { try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 0 }
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try TenantSeed(tenant: "acme", keys: 3000).write(to: stage.source.endpoint)
                let words = "has 3000 keys of the tenant, and none of them was"
                try stage.expectRefusal(["cleanup", id, "--yes"], 1, words)
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 3000)
            }
        }

        /// What earlier runs have removed can be there no more, so it allows no other keys in its place.
        @Test func whatComesAfterACleanupStays() throws {
            try CommandStage.run { stage in
                let id = try stage.moved()
                #expect(try stage.tool.json(["cleanup", id, "--yes"]).integer("keys_removed") == 500)
                try stage.source.call("SET", "__tenant:acme:late", "1")
                try stage.expectRefusal(["cleanup", id, "--yes"], 1, "has 1 key of the tenant, and none of them was")
                #expect(try stage.tool.json(["cleanup", id, "--yes", "--force"]).integer("keys_removed") == 1)
                let status = try #require(stage.tool.status(id).object("cleanup"))
                #expect(status.integer("keys_removed") == 501)
                #expect(status.texts("users_removed") == ["acme-app"])
            }
        }

        /// What a run that was killed has removed allows no other keys in its place, too.
        @Test func whatComesAfterABrokenOffCleanupStays() throws {
            try CommandStage.run(keys: 3000) { stage in
                let id = try stage.moved()
                let first = try stage.slowCleanup(of: id)
                try CommandStage.wait { try KeyspaceDigest(stage.source, tenants: ["acme"]).keys < 3000 }
                usleep(300_000)
                first.kill(SIGKILL)
                first.wait()
                let left = try KeyspaceDigest(stage.source, tenants: ["acme"]).keys
                #expect(left >= 1000, "no more than 500 a second")
                for number in left..<3000 { try stage.source.call("SET", "__tenant:acme:late:\(number)", "1") }
                let cleanup = try #require(stage.tool.status(id).object("cleanup"))
                let removed = cleanup.integer("keys_removed") ?? 0
                #expect(removed > 0 && 3000 - left - 50...3000 - left ~= removed, "\(removed) of \(3000 - left)")
                let words = "has 3000 keys of the tenant, and at most \(3000 - removed) of them were compared"
                try stage.expectRefusal(["cleanup", id, "--yes"], 1, words)
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 3000)
                #expect(try stage.tool.json(["cleanup", id, "--yes", "--force"]).integer("keys_removed") == 3000)
            }
        }

        @Test func oneThatWasBrokenOffIsFinished() throws {
            try CommandStage.run(keys: 5000) { stage in
                let id = try stage.moved()
                let first = try stage.slowCleanup(of: id)
                try CommandStage.wait { try KeyspaceDigest(stage.source, tenants: ["acme"]).keys < 5000 }
                first.kill(SIGKILL)
                first.wait()
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys > 0)
                #expect(try stage.tool.json(["cleanup", id, "--yes"]).text("status") == "cleaned")
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == 0)
            }
        }
    }
}

extension CommandStage {
    /// Migrates, cuts over, and waits until the worker has ended with the comparison.
    fileprivate func moved() throws -> String {
        let id = try migrate()
        _ = try tool.json(["cutover", id, "--until-verified"])
        try Self.wait { tool.processes.isEmpty }
        return id
    }

    /// Begins one that takes seconds.
    fileprivate func slowCleanup(of id: String) throws -> ChildProcess {
        try tool.start(["cleanup", id, "--yes", "--rate", "500"])
    }
}

import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// The tenant's users travel with it.
    @Suite struct UserTests {
        @Test func theyReadBeforeTheSwitchAndWriteAfterIt() async throws {
            let reader = "acme-reader on >pw %R~__tenant:acme:* ~elsewhere:* resetchannels +@all -@admin"
            try await MigrationStage.run(.init(users: [MigrationStage.ownUser, reader])) { stage in
                try await stage.wait(for: .liveSync)
                let client = try stage.target.log(in: MigrationStage.user, password: MigrationStage.password)
                let second = try stage.target.log(in: "acme-reader")
                #expect(try client.call("GET", "\(stage.prefix)k0").text != nil)
                for line in ["SET @k v", "DEL @k0", "FLUSHALL", "SET elsewhere:k v", "SET resident:k v"] {
                    #expect(try client.answer(ChangeDesk.words(line)).code == "NOPERM", "\(line)")
                    #expect(try second.answer(ChangeDesk.words(line)).code == "NOPERM", "\(line)")
                }
                try await stage.switchOver()
                try client.call("SET", "\(stage.prefix)k", "v")
                #expect(try second.call("GET", "\(stage.prefix)k").text == "v")
                for line in ["SET @k v", "SET elsewhere:k v", "GET __tenant:resident:k0", "ACL LIST"] {
                    #expect(try second.answer(ChangeDesk.words(line)).code == "NOPERM", "\(line)")
                }
                #expect(try client.answer("SET", "__tenant:resident:k0", "v").code == "NOPERM")
                // Hashes, not passwords: the same words at both servers.
                let hashes = try [stage.source, stage.target].map { server in
                    try server.call("ACL", "GETUSER", MigrationStage.user)[field: "passwords"]
                }
                #expect(hashes[0] == hashes[1])
            }
        }

        @Test func allPatternsTravelWhenAskedFor() async throws {
            let user = "\(MigrationStage.ownUser) ~elsewhere:*"
            try await MigrationStage.run(.init(users: [user], userCopy: .all)) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.switchOver()
                let client = try stage.target.log(in: MigrationStage.user, password: MigrationStage.password)
                try client.call("SET", "elsewhere:k", "v")
                try client.call("SET", "\(stage.prefix)k", "v")
            }
        }

        @Test func withoutThemTheSwitchIsTheOperators() async throws {
            try await MigrationStage.run(.init(userCopy: .none)) { stage in
                try await stage.wait(for: .liveSync)
                let words = try await stage.refusedCutover(.refused)
                #expect(words.contains("acme-app could write the tenant's keys nowhere"), "\(words)")
                #expect(try stage.target.call("ACL", "USERS").array?.compactMap(\.text) == ["default"])
                try stage.target.setUser("acme-app off >other ~__tenant:acme:* +@all")
                _ = try await stage.refusedCutover(.refused)
                try stage.target.setUser("acme-app on")
                let rules = try stage.target.accessRules
                try await stage.switchOver()
                #expect(try stage.target.accessRules == rules)
                let old = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                #expect(try old.answer("SET", "\(stage.prefix)k", "v").code == "NOPERM")
            }
        }

        /// What is taken away at the source is taken at the target while the migration lives.
        @Test func theyFollowTheSource() async throws {
            let users = [MigrationStage.ownUser, "acme-old on >pw ~__tenant:acme:* +@all"]
            try await MigrationStage.run(.init(users: users)) { stage in
                try await stage.wait(for: .liveSync)
                try stage.target.log(in: "acme-old").call("PING")
                try stage.source.call("ACL", "DELUSER", "acme-old")
                try stage.source.setUser("\(MigrationStage.user) resetpass >rotated")
                let followed = try await eventually(30) {
                    let names = try stage.target.call("ACL", "USERS").array?.compactMap(\.text)
                    guard names == [MigrationStage.user, "default"] else { return false }
                    return (try? stage.target.log(in: MigrationStage.user, password: "rotated").call("PING")) != nil
                }
                #expect(followed)
                try await stage.switchOver()
                try stage.target.log(in: MigrationStage.user, password: "rotated").call("SET", "\(stage.prefix)k", "v")
            }
        }

        /// Inside the fence, too: the cutover goes back, and the next has it.
        @Test func aPasswordThatChangesInsideTheFence() async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                let source = stage.source
                stage.sourceProxy?.before(["DRYRUN"]) {
                    try? source.setUser("\(MigrationStage.user) resetpass >rotated")
                    return .pass
                }
                guard case .back(let failure) = try await stage.cutover() else {
                    Issue.record("the cutover succeeded")
                    return
                }
                #expect(failure.kind == .notNow && failure.message.contains(MigrationStage.user), "\(failure.message)")
                try source.log(in: MigrationStage.user, password: "rotated").call("SET", "\(stage.prefix)k", "v")
                try await stage.switchOver()
                let client = try stage.target.log(in: MigrationStage.user, password: "rotated")
                #expect(try client.call("GET", "\(stage.prefix)k").text == "v")
            }
        }

        /// Behind the last look nothing is held up for a password: whoever has to set it is told.
        @Test func aPasswordThatChangesAtTheSwitch() async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                let (source, target) = (stage.source, try #require(stage.targetProxy))
                stage.sourceProxy?.before(["%R~"]) {
                    target.before(["SETUSER"]) {
                        _ = try? source.call("ACL", "SETUSER", MigrationStage.user, "resetpass", ">rotated")
                        return .pass
                    }
                    return .pass
                }
                try await stage.switchOver()
                let note = try #require(await stage.runner.status().note)
                #expect(note.contains("\(MigrationStage.user) changed at"), "\(note)")
                #expect(note.contains("do the same at 127.0.0.1:\(target.port)"), "\(note)")
            }
        }

        /// A user that an old server cannot fence: what the error advises works.
        @Test(.enabled(if: RedisVersion.v62.isAvailable))
        func aSharedUserOfAnOldServer() async throws {
            let shared = "acme-app on >pw ~__tenant:acme:* ~other:* &* +@all"
            try await MigrationStage.run(.init(sourceVersion: .v62, users: [shared])) { stage in
                try await stage.wait(for: .liveSync)
                let words = try await stage.refusedCutover(.refused)
                #expect(
                    words.contains("give the tenant a user of its own") && words.contains("--fence pause"),
                    "\(words)"
                )
                try stage.source.setUser("acme-own on >pw ~__tenant:acme:* &* +@all")
                try stage.source.setUser("acme-app resetkeys ~other:*")
                try await stage.switchOver()
                try stage.target.log(in: "acme-own").call("SET", "\(stage.prefix)k", "v")
                #expect(try stage.source.log(in: "acme-own").answer("SET", "\(stage.prefix)k", "v").code == "NOPERM")
                try stage.source.log(in: "acme-app").call("SET", "other:k", "v")
                // Its copy would have been another's user.
                #expect(throws: (any Error).self) { try stage.target.log(in: "acme-app") }
            }
            try await MigrationStage.run(.init(sourceVersion: .v62, users: [shared])) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.switchOver { $0.fence = .pause }
                let note = try #require(await stage.runner.status().note)
                #expect(note.contains("acme-app cannot be fenced"), "\(note)")
                try stage.target.log(in: "acme-app").call("SET", "\(stage.prefix)k", "v")
            }
        }

        /// Refused in words; what is at the target stays, and nothing is added.
        @Test func aUserInConflict() async throws {
            let users = [MigrationStage.ownUser, "acme-batch on >pw ~__tenant:acme:* +@all"]
            var options = MigrationStage.Options(users: users)
            options.before = { _, target in try target.setUser("acme-app on >another ~__tenant:acme:* +@all") }
            try await MigrationStage.run(options) { stage in
                let failure = try await stage.failure()
                #expect(failure.kind == .refused)
                #expect(failure.message.contains("acme-app") && failure.message.contains("--no-copy-acl"))
                #expect(try stage.target.call("ACL", "USERS").array?.count == 2)
                #expect(try stage.target.log(in: "acme-app", password: "another").call("PING").text == "PONG")
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 0)
            }
        }
    }
}

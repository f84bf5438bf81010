import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import RedisClient
import Testing

@Suite struct UserCopierTests {
    static let app = "app on >pw ~__tenant:acme:* ~other:* &__tenant:acme:* &news +@all -@admin (%R~q* +get)"

    private func copier(
        _ source: RedisServer,
        _ target: RedisServer,
        _ copy: UserCopy = .tenant,
        replace: Bool = false,
        migration: String = FenceStage.migration
    ) async throws -> UserCopier {
        UserCopier(
            try FenceStage.plan(source, target, copy, replace: replace, migration: migration),
            source: try await source.controlConnection(),
            target: try await target.controlConnection()
        )
    }

    private func users(_ server: RedisServer) throws -> [String] {
        (try server.call("ACL", "USERS").array ?? []).compactMap(\.text).sorted()
    }

    /// What `ACL LIST` says, without what every user made by `reset` gets.
    private func words(of user: String, at server: RedisServer) throws -> [Substring] {
        let lines = (try server.call("ACL", "LIST").array ?? []).compactMap(\.text)
        let line = try #require(lines.first { $0.hasPrefix("user \(user) ") })
        return line.split(separator: " ").filter { $0 != "sanitize-payload" }
    }

    @Test func usersReadBeforeTheSwitchAndWriteAfterIt() async throws {
        try await withRedisServers { source, target in
            try source.setUser(Self.app)
            try source.setUser("corp on >pw ~__tenant:acme-corp:* +@all")
            let outcome = try await copier(source, target).create()
            #expect(outcome.ownedNames == ["app"])
            #expect(outcome.conflicts == [])
            #expect(try users(target) == ["app", "default"])
            try target.call("SET", "__tenant:acme:k", "1")
            let client = try target.log(in: "app")
            #expect(try client.call("GET", "__tenant:acme:k").text == "1")
            #expect(try client.answer("SET", "__tenant:acme:k", "2").code == "NOPERM")
            #expect(try client.answer("FLUSHALL").code == "NOPERM")
            let change = ACLSwitch(target: try await target.controlConnection(), users: outcome.owned)
            try await change.switchTraffic()
            try client.call("SET", "__tenant:acme:k", "2")
            try client.call("PUBLISH", "__tenant:acme:c", "x")
            for command in [["SET", "other:k", "1"], ["PUBLISH", "news", "x"], ["GET", "q"]] {
                #expect(try client.answer(command.map { Bytes($0.utf8) }).code == "NOPERM", "\(command)")
            }
            try await change.revert()
            #expect(try client.answer("SET", "__tenant:acme:k", "3").code == "NOPERM")
        }
    }

    @Test func allPatternsTravelWhenAskedFor() async throws {
        try await withRedisServers { source, target in
            try source.setUser(Self.app)
            let outcome = try await copier(source, target, .all).create()
            let client = try target.log(in: "app")
            #expect(try client.answer("SET", "other:k", "1").code == "NOPERM")
            try await ACLSwitch(target: try await target.controlConnection(), users: outcome.owned).switchTraffic()
            try client.call("SET", "other:k", "1")
            try client.call("PUBLISH", "news", "1")
            #expect(try words(of: "app", at: target) == words(of: "app", at: source))
        }
    }

    @Test func nothingIsCopiedWhenNotWanted() async throws {
        try await withRedisServers { source, target in
            try source.setUser(Self.app)
            let outcome = try await copier(source, target, .none).create()
            #expect(outcome.owned.isEmpty)
            #expect(try users(target) == ["default"])
        }
    }

    @Test(arguments: [
        "app on >other ~__tenant:acme:* &__tenant:acme:* +@all -@admin",
        "app on >pw ~__tenant:acme:* &__tenant:acme:* +@all",
        "app on >pw ~__tenant:acme:* ~more &__tenant:acme:* +@all -@admin",
    ])
    func aUserThatDiffersIsNeverOverwritten(existing: String) async throws {
        try await withRedisServers { source, target in
            try source.setUser(Self.app)
            try target.setUser(existing)
            let before = try target.call("ACL", "LIST")
            let outcome = try await copier(source, target).create()
            #expect(outcome.conflicts == [UserConflict(name: "app")])
            #expect(outcome.owned.isEmpty)
            #expect(try target.call("ACL", "LIST") == before)
        }
    }

    @Test func anEqualUserIsNoConflict() async throws {
        try await withRedisServers { source, target in
            try source.setUser(Self.app)
            try target.setUser("app on >pw ~__tenant:acme:* &__tenant:acme:* +@all -@admin")
            let copier = try await copier(source, target)
            let copies = try await copier.copies()
            #expect(try await copier.standings(of: copies) == [.writable])
            #expect(try users(target) == ["app", "default"])
        }
    }

    @Test func aUserOfAnEarlierRunIsTakenUpAgain() async throws {
        try await withRedisServers { source, target in
            try source.setUser(Self.app)
            let copier = try await copier(source, target)
            let first = try await copier.create()
            #expect(try await copier.standings(of: first.owned) == [.readOnly])
            try source.setUser("app resetpass >rotated")
            #expect(try await copier.standings(of: copier.copies()) == [.outdated])
            // As a version without marks has left it.
            let unmarked = try words(of: "app", at: target).prefix { !$0.hasPrefix("(%R~__ferrite_migrate") }
            try target.setUser(unmarked.dropFirst().joined(separator: " ").replacing("app on", with: "app reset on"))
            #expect(try await copier.create().conflicts == [UserConflict(name: "app")])
            #expect(try await copier.create(owned: first.ownedNames).ownedNames == ["app"])
            try target.log(in: "app", password: "rotated").call("PING")
            let access = ACLAccess(try await target.controlConnection())
            let names = first.ownedNames + ["nobody"]
            #expect(try await access.removeUsers(names, while: "removing users") == ["app"])
            #expect(try users(target) == ["default"])
        }
    }

    /// Copies that another migration has left are taken over where that was asked for, and are nobody else's then.
    @Test func theCopyOfAnotherMigration() async throws {
        try await withRedisServers { source, target in
            try source.setUser(Self.app)
            _ = try await copier(source, target, migration: "mig_1").create()
            let mark = UserMark.copy(migration: "mig_1")
            let refused = try await copier(source, target, migration: "mig_2").create()
            #expect(refused.conflicts == [UserConflict(name: "app", mark: mark)])
            #expect(try words(of: "app", at: target).contains("(%R~__ferrite_migrate:copy:mig_1"))
            let outcome = try await copier(source, target, replace: true, migration: "mig_2").create()
            #expect(outcome.ownedNames == ["app"])
            #expect(try words(of: "app", at: target).contains("(%R~__ferrite_migrate:copy:mig_2"))
            // And a tenant cannot be moved from where it does not live.
            let failure = await #expect(throws: MigrationFailure.self) {
                try await copier(target, source, migration: "mig_3").copies()
            }
            #expect(failure?.kind == .refused && failure?.message.contains("cut mig_2 over first") == true)
        }
    }

    /// A user that others need is not written over by the tenant that comes back; what to do works.
    @Test func aFencedUserWithKeysOfOthers() async throws {
        try await withRedisServers { source, target in
            let stage = try await FenceStage(source, user: "app on >pw ~__tenant:acme:* ~other:* +@all")
            let before = try #require(try stage.listed("app"))
            try await stage.fence.raise(try await stage.fence.prepare())
            let outcome = try await copier(source, target, migration: "mig_2").create()
            try await ACLSwitch(target: try await target.controlConnection(), users: outcome.owned).switchTraffic()
            let back = try await copier(target, source, replace: true, migration: "mig_3").create()
            let conflict = try #require(back.conflicts.first)
            #expect(conflict.isShared && back.owned.isEmpty)
            guard case .fence(_, let rules) = conflict.mark else { return }
            try source.setUser("app resetkeys clearselectors \(rules.map(\.text).joined(separator: " "))")
            #expect(try stage.listed("app") == before)
            #expect(try await copier(target, source, .none, migration: "mig_3").create().conflicts.isEmpty)
        }
    }

    /// What the source takes away is taken at the target; users that are not the tool's are left alone.
    @Test func theTargetFollowsWhatIsTakenAway() async throws {
        try await withRedisServers { source, target in
            for name in ["gone", "moved", "off", "rotated"] {
                try source.setUser("\(name) on >pw ~__tenant:acme:* +@all")
            }
            try target.setUser("resident on >pw ~__tenant:acme:old +@all")
            let copier = try await copier(source, target)
            #expect(try await copier.create().owned.count == 4)
            try source.call("ACL", "DELUSER", "gone")
            try source.setUser("moved resetkeys ~other:*")
            try source.setUser("off off")
            try source.setUser("rotated resetpass >new")
            #expect(Set(try await copier.create().ownedNames) == ["off", "rotated"])
            #expect(try users(target) == ["default", "off", "resident", "rotated"])
            for name in ["off", "rotated"] {
                #expect(throws: (any Error).self) { try target.log(in: name) }
            }
            try target.log(in: "rotated", password: "new").call("PING")
        }
    }

    /// What travels is what was before the fence, and the user that a fence left takes the tenant back.
    @Test(arguments: RedisVersion.available)
    func aFencedUser(version: RedisVersion) async throws {
        try await withRedisServers(source: version, target: version) { source, target in
            // What a 6.2 prints of its fence are categories, and their writes one by one.
            let rules = "app on >pw ~__tenant:acme:* resetchannels -@all +@hash +@string +ping"
            let stage = try await FenceStage(source, user: rules)
            let before = try words(of: "app", at: source)
            try await stage.fence.raise(try await stage.fence.prepare())
            let copier = try await copier(source, target, migration: "mig_2")
            let outcome = try await copier.create()
            try await ACLSwitch(target: try await target.controlConnection(), users: outcome.owned).switchTraffic()
            #expect(try words(of: "app", at: target) == before)
            let back = try await self.copier(target, source, migration: "mig_3")
            #expect(try await back.standings(of: back.copies()) == [.outdated])
            try target.setUser("app resetpass >rotated")
            let mark = try #require(try stage.user("app").mark)
            #expect(mark.migration == FenceStage.migration)
            #expect(try await back.create().conflicts == [UserConflict(name: "app", mark: mark)])
            let home = try await self.copier(target, source, replace: true, migration: "mig_3").create()
            try await ACLSwitch(target: try await source.controlConnection(), users: home.owned).switchTraffic()
            try source.log(in: "app", password: "rotated").call("SET", "__tenant:acme:k", "1")
            #expect(try words(of: "app", at: source) == words(of: "app", at: target))
        }
    }

    @Test(.enabled(if: RedisVersion.v62.isAvailable))
    func usersTravelBetweenVersions() async throws {
        for (old, new) in [(RedisVersion.v62, RedisVersion.v7), (.v7, .v62)] {
            try await withRedisServers(source: old, target: new) { source, target in
                try source.setUser("app on >pw ~__tenant:acme:* resetchannels +@all -@admin")
                let outcome = try await copier(source, target).create()
                let client = try target.log(in: "app")
                #expect(try client.answer("SET", "__tenant:acme:k", "1").code == "NOPERM")
                #expect(try client.answer("SHUTDOWN").code == "NOPERM")
                try await ACLSwitch(target: try await target.controlConnection(), users: outcome.owned).switchTraffic()
                try client.call("SET", "__tenant:acme:k", "1")
                #expect(try client.answer("SHUTDOWN").code == "NOPERM")
            }
        }
    }
}

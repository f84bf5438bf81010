import Foundation
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

/// What `validate` says about servers that answer.
@Suite struct ValidatorTests {
    @Test func aMigrationThatCanStart() async throws {
        try await withRedisServers(keepUsers: true) { source, target in
            try source.fill()
            try source.setUser("app on >pw ~__tenant:acme:* +@all")
            let (before, there) = (try source.traces(), try target.traces())
            let report = try await ValidationStage(source, target).report()
            #expect(report.checks.map(\.name) == ValidationCheck.Name.allCases)
            for check in report.checks { #expect(check.state == .ok, "\(check.name) \(check.text)") }
            #expect(report.canStart)
            #expect(report[.keysAtSource]?.text == "ok (200 keys)")
            #expect(report[.networkLatency]?.text.hasSuffix("ms") == true)
            #expect(report[.estimatedDuration]?.text == "1 second")
            #expect(try source.traces() == before)
            #expect(try target.traces() == there)
            try await ValidationStage(source, target).mustPass()
            #expect(try target.traces() == there)
        }
    }

    @Test func nothingIsReplicatedOrForkedToAskForTheFeed() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            let report = try await ValidationStage(source, target).report()
            let words = report[.changeFeed]?.text ?? ""
            #expect(words == "ok (replication, without a copy of the server's data)", "\(words)")
            let stats = ServerInfo(try source.call("INFO", "stats").text ?? "")
            #expect(stats.integer("sync_full") == 0)
            #expect(stats.integer("total_forks") == 0)
        }
    }

    @Test(.enabled(if: RedisVersion.v62.isAvailable, "redis-server 6.2 is not on this machine"))
    func scriptsThatAreReplicatedAsTheyAreHaveAPrice() async throws {
        try await withRedisServers(source: .v62, target: .v62) { source, target in
            try source.fill()
            let stage = ValidationStage(source, target)
            #expect(try await stage.report()[.changeFeed]?.state == .ok)
            try source.call("CONFIG", "SET", "lua-replicate-commands", "no")
            let warned = try await stage.mustPass().first { $0.name == .changeFeed }
            #expect(warned?.text.contains("CONFIG SET lua-replicate-commands yes there") == true)
            try source.call("CONFIG", "SET", "lua-replicate-commands", "yes")
            #expect(try await stage.report()[.changeFeed]?.state == .ok)
        }
    }

    @Test func notificationsWhereReplicationIsRefused() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try source.setUser("tool on >pw ~* &* +@all -psync -replconf")
            var stage = ValidationStage(source, target)
            stage.source.username = "tool"
            stage.sourcePassword = "pw"
            let report = try await stage.report()
            #expect(report[.changeFeed]?.state == .warning && report.canStart)
            for words in ["may not run REPLCONF", "lag_bytes is unknown", "a new scan", "from '' to 'AK'"] {
                #expect(report[.changeFeed]?.text.contains(words) == true, "\(report[.changeFeed]?.text ?? "")")
            }
            #expect(try source.call("CONFIG", "GET", "notify-keyspace-events").array?.last?.text == "")
            // What it changes at the source is said, even where the feed was asked for.
            stage.feed = .notifications
            #expect(try await stage.report()[.changeFeed]?.state == .warning)
            try source.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
            #expect(try await stage.report()[.changeFeed]?.text.contains("put back") == false)
            stage.feed = .replication
            #expect(try await stage.report()[.changeFeed]?.state == .fail)
        }
    }

    @Test(.enabled(if: RedisVersion.v62.isAvailable))
    func anOlderSourceIsNotedAndAnOlderTargetRefused() async throws {
        try await withRedisServers(source: .v62, target: .v7) { source, target in
            try source.fill()
            let report = try await ValidationStage(source, target).report()
            #expect(report[.versionCompatible]?.state == .ok)
            #expect(report[.changeFeed]?.text.contains("read and thrown away") == true)
            #expect(report[.permissions]?.text == "ok")
            #expect(report.canStart)
        }
        try await withRedisServers(source: .v7, target: .v62) { source, target in
            try source.fill()
            let there = try target.traces()
            let report = try await ValidationStage(source, target).report()
            #expect(report[.versionCompatible]?.state == .fail)
            #expect(report[.versionCompatible]?.text.contains("7.0.") == true)
            #expect(report.failure?.kind == .configuration)
            #expect(try target.traces() == there)
        }
    }

    @Test func aTenantWithoutKeys() async throws {
        try await withRedisServers { source, target in
            try source.call("SET", "__tenant:acme-corp:k", "v")
            let report = try await ValidationStage(source, target).report()
            #expect(report[.keysAtSource]?.state == .fail)
            #expect(report[.keysAtSource]?.text.contains("check the tenant's name") == true)
            await #expect(throws: MigrationFailure.self) { try await ValidationStage(source, target).mustPass() }
        }
    }

    @Test(arguments: ["source", "target"])
    func aTenantThatIsBeingMovedAlready(role: String) async throws {
        try await withRedisServers { source, target in
            let server = role == "source" ? source : target
            try source.fill()
            let tenants = ["acme-corp", "acme"]
            let workers = try tenants.map { tenant in
                let name = TenantConnectionName(
                    migrationID: "mig_0of\(tenant.count)",
                    scope: try TenantScope(tenant: tenant)
                )
                let worker = try server.connect()
                try worker.call("CLIENT", "SETNAME", name.text)
                return worker
            }
            let warnings = try await ValidationStage(source, target).mustPass()
            let words = warnings.first { $0.name == .topology }?.text ?? ""
            #expect(
                words.contains("\(role) 127.0.0.1:\(server.port) has a connection of mig_0of4 from 127.0.0.1:"),
                "\(words)"
            )
            #expect(try workers.allSatisfy { try $0.call("PING").text == "PONG" })
        }
    }

    @Test func aTenantsNameWithWildcards() async throws {
        try await withRedisServers(keepUsers: true) { source, target in
            try source.call("SET", "__tenant:a*b:k", "v")
            try source.setUser("app on >pw ~__tenant:a*b:* +@all")
            var stage = ValidationStage(source, target)
            stage.tenant = "a*b"
            let words = try await stage.report()[.fence]?.text ?? ""
            #expect(words.contains("pattern __tenant:a*b:* of user app reaches other tenants' keys"), "\(words)")
            #expect(words.contains(#"write __tenant:a\*b:*"#), "\(words)")
            try source.setUser("app resetkeys ~__tenant:a\\*b:*")
            #expect(try await stage.report()[.fence]?.state == .ok)
        }
    }

    @Test func aTenantAmongManyOthers() async throws {
        try await withRedisServers { source, target in
            let connection = try source.connect()
            for (prefix, count) in [("__tenant:other:", 90_000), ("__tenant:acme:", 10_000)] {
                let script = "for i = 1, ARGV[2] do redis.call('SET', ARGV[1] .. i, string.rep('x', 100)) end"
                try connection.call("EVAL", script, 0, prefix, count)
            }
            let report = try await ValidationStage(source, target).report()
            let words = report[.keysAtSource]?.reason?.split(separator: " ") ?? []
            let estimate = try #require(words.count == 3 ? Int(words[1]) : nil)
            #expect((8_000...12_000).contains(estimate), "\(estimate)")
            #expect(report.canStart)
        }
    }

    @Test func aRareTenantIsFound() async throws {
        try await withRedisServers { source, target in
            let script = "for i = 1, 200000 do redis.call('SET', 'o' .. i, 1) end"
            try source.call("EVAL", script, 0)
            try source.call("SET", "__tenant:acme:only", "1")
            let report = try await ValidationStage(source, target).report()
            #expect(report[.keysAtSource]?.state == .ok)
            #expect(report[.versionCompatible]?.state == .ok)
        }
    }

    @Test func aTargetThatHoldsKeysOfTheTenant() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try target.call("SET", "__tenant:acme:old", "1", database: 3)
            var stage = ValidationStage(source, target)
            let report = try await stage.report()
            #expect(report[.keysAtTarget]?.state == .fail)
            #expect(report[.keysAtTarget]?.text.contains("--replace") == true)
            let failure = await #expect(throws: MigrationFailure.self) { try await stage.mustPass() }
            #expect(failure?.message.contains("--replace") == true)
            stage.replace = true
            #expect(try await stage.report().canStart)
            try await stage.mustPass()
        }
    }

    @Test func usersInConflictAndUsersThatNoFenceStops() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try source.setUser("app on >pw ~__tenant:acme:* +@all")
            try source.setUser("batch on >pw ~* +@all")
            try target.setUser("app on >other ~__tenant:acme:* +@all")
            let client = try source.log(in: "batch")
            try client.call("PING")
            let before = try target.call("ACL", "LIST")
            var stage = ValidationStage(source, target)
            let report = try await stage.report()
            #expect(report[.users]?.state == .fail)
            #expect(report[.users]?.text.contains("already has app with") == true)
            #expect(report[.fence]?.state == .warning)
            #expect(report[.fence]?.text.contains("no fence stops batch (1 open connection)") == true)
            #expect(try target.call("ACL", "LIST") == before)
            stage.copy = .none
            #expect(try await stage.report().canStart)
            #expect(client.endpoint.user == "batch")
        }
    }

    /// What ACL SETUSER changes is gone after a restart, unless the server has a file for it that the tool may write.
    @Test func usersThatARestartWouldLose() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try source.setUser("app on >pw ~__tenant:acme:* +@all")
            let report = try await ValidationStage(source, target).report()
            let words = report[.usersSaved]?.text ?? ""
            #expect(
                report[.usersSaved]?.state == .warning && report[.users]?.state == .ok && report[.fence]?.state == .ok
            )
            #expect(words.contains("the fence at source") && words.contains("the tenant's users at target"), "\(words)")
            #expect(words.components(separatedBy: "aclfile").count == 2, "said once: \(words)")
            #expect(words.contains("run CONFIG REWRITE at each"), "\(words)")
            try source.setUser("tool on >pw ~* &* +@all -config")
            var stage = ValidationStage(source, target)
            stage.source.username = "tool"
            stage.sourcePassword = "pw"
            let untold = try await stage.report()[.usersSaved]?.text ?? ""
            #expect(untold.contains("whether it has an aclfile is not told (CONFIG GET)"), "\(untold)")
            #expect(untold.contains("it has no aclfile: run CONFIG REWRITE there"), "\(untold)")
        }
        try await withRedisServers(keepUsers: true) { source, target in
            try source.fill()
            try source.setUser("app on >pw ~__tenant:acme:* +@all")
            try source.setUser("tool on >pw ~* &* +@all -acl|save")
            var stage = ValidationStage(source, target)
            stage.source.username = "tool"
            stage.sourcePassword = "pw"
            let report = try await stage.report()
            let words = report[.usersSaved]?.text ?? ""
            #expect(words.contains("grant it +acl|save") && !words.contains("at target"), "\(words)")
            #expect(report[.users]?.state == .ok)
            let saved = try String(contentsOfFile: "\(target.path)/users.acl", encoding: .utf8)
            #expect(!saved.contains("app"), "nothing was saved")
        }
    }

    @Test func usersThatAreTheOperators() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try source.setUser("app on >pw ~__tenant:acme:* +@all")
            try source.setUser("reader on >pw %R~__tenant:acme:* +@all")
            var stage = ValidationStage(source, target)
            stage.copy = .none
            let report = try await stage.report()
            #expect(report[.users]?.state == .warning)
            #expect(report[.users]?.text.contains("has no user app that may write") == true)
            #expect(report.canStart)
            try target.setUser("app on >other ~* +@all")
            #expect(try await stage.report()[.users]?.text == "ok (not copied (--no-copy-acl))")
        }
    }

    @Test func rulesThatStayBehindAreNamed() async throws {
        try await withRedisServers(keepUsers: true) { source, target in
            try source.fill()
            try source.setUser("app on >pw ~__tenant:acme:* ~other:* &* +@all")
            var stage = ValidationStage(source, target)
            let report = try await stage.report()
            #expect(report[.users]?.state == .warning)
            #expect(report[.users]?.text.contains("app loses ~other:* &*") == true)
            #expect(report.canStart)
            stage.copy = .all
            #expect(try await stage.report()[.users]?.text == "ok (app)")
        }
    }

    @Test func aTenantWithoutUsers() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            let report = try await ValidationStage(source, target).report()
            #expect(report[.users]?.text == "ok (the tenant has none)")
            #expect(report[.fence]?.state == .warning)
            #expect(report[.fence]?.text.contains("--fence pause") == true)
            #expect(report.canStart)
        }
    }
}

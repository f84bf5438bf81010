import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

/// What `validate` says about servers that answer.
@Suite struct ValidatorTests {
    @Test func aMigrationThatCanStart() async throws {
        try await withRedisServers { source, target in
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
            #expect(report[.changeFeed]?.text == "ok (replication, without a copy of the server's data)")
            let stats = ServerInfo(try source.call("INFO", "stats").text ?? "")
            #expect(stats.integer("sync_full") == 0)
            #expect(stats.integer("total_forks") == 0)
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
            // It is no warning where it was asked for, or where the setting is made already.
            stage.feed = .notifications
            #expect(try await stage.report()[.changeFeed]?.state == .ok)
            try source.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
            #expect(try await stage.report()[.changeFeed]?.text.contains("put back") == false)
            stage.feed = .replication
            #expect(try await stage.report()[.changeFeed]?.state == .fail)
        }
    }

    @Test(.enabled(if: RedisServer.is62Available))
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
            #expect(report.failure?.kind == .failed)
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

    @Test func aTargetTooSmallThatEvicts() async throws {
        try await withRedisServers { source, target in
            let connection = try source.connect()
            try connection.call(
                "EVAL",
                "for i = 1, 3000 do redis.call('SET', '__tenant:acme:' .. i, string.rep('x', 1000)) end",
                0
            )
            try target.call("CONFIG", "SET", "maxmemory", "3mb", "maxmemory-policy", "allkeys-lru")
            var stage = ValidationStage(source, target)
            let report = try await stage.report()
            #expect(report[.capacity]?.state == .fail)
            #expect(report[.capacity]?.text.contains("free, need 3.") == true, "\(report[.capacity]?.text ?? "")")
            #expect(report[.evictionPolicy]?.state == .warning)
            stage.skipped = [.capacity]
            let other = try await stage.report()
            #expect(other[.capacity]?.state == .unknown)
            #expect(other.canStart)
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

    @Test func rulesThatStayBehindAreNamed() async throws {
        try await withRedisServers { source, target in
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

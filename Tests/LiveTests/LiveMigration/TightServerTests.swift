import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import Testing

extension LiveMigration {
    /// Servers whose settings end connections: a copy keeps within them, and says what stands in its way.
    @Suite struct TightServerTests {
        private static let outputLimit = ["client-output-buffer-limit normal 1mb 0 0"]

        /// Strings and collections of 60 KB, a few that are larger, and small ones between them.
        private static func write(to source: RedisServer, _ count: Int = 60) throws {
            let client = try source.connect()
            let value = Bytes(repeating: 7, count: 60_000)
            for number in 0..<count {
                try client.call("SET", "__tenant:acme:s:\(number)", value)
                try client.call("HSET", "__tenant:acme:h:\(number)", "f", value, "g", "1")
                try client.call("SET", "__tenant:acme:small:\(number)", "1")
            }
            try client.call("SET", "__tenant:acme:large", Bytes(repeating: 7, count: 900_000))
            for number in 0..<40 {
                try client.call("RPUSH", "__tenant:acme:list", value)
                try client.call("HSET", "__tenant:acme:hash", "\(number)", value)
            }
        }

        private static func options(
            _ source: [String],
            _ target: [String] = [],
            _ version: RedisVersion = .v7
        ) -> MigrationStage.Options {
            var options = MigrationStage.Options(seeds: false, batchSize: 1000)
            (options.sourceVersion, options.targetVersion) = (version, version)
            (options.sourceSettings, options.targetSettings) = (source, target)
            return options
        }

        /// Compares without the limits, which would end the connections of the comparison.
        private static func expectEqual(
            _ stage: MigrationStage,
            config: String = "CONFIG",
            location: SourceLocation = #_sourceLocation
        ) async throws {
            let isQuiet = try await eventually(30) { await stage.runner.status().lagKeys == 0 }
            #expect(isQuiet, sourceLocation: location)
            try Self.set(stage.source, config, "normal 0 0 0")
            try Self.set(stage.target, "CONFIG", "normal 0 0 0")
            try await stage.expectEqual(location: location)
        }

        private static func set(_ server: RedisServer, _ config: String, _ limit: String) throws {
            try server.call(config, "SET", "client-output-buffer-limit", limit)
            try server.call(config, "SET", "timeout", "0")
            if server.version == .v7 { try server.call(config, "SET", "maxmemory-clients", "0") }
        }

        private static func expectSound(_ stage: MigrationStage) async {
            let status = await stage.runner.status()
            #expect(status.measured?.interruptions == 0, "\(status)")
            #expect(status.measured?.reconnects == 0, "\(status)")
        }

        @Test(arguments: RedisVersion.available)
        func answersKeepWithinTheOutputBuffer(version: RedisVersion) async throws {
            var options = Self.options(Self.outputLimit, Self.outputLimit, version)
            options.before = { source, _ in try Self.write(to: source) }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try Self.write(to: stage.source)
                try await Self.expectEqual(stage)
                for server in [stage.source, stage.target] { try Self.set(server, "CONFIG", "normal 1mb 0 0") }
                await Self.expectSound(stage)
                try await stage.switchOver { $0.verify = .full }
                let report = try await stage.report()
                #expect(report.outcome == .verified, "\(report)")
            }
        }

        /// Where nobody may read the setting it is learnt.
        @Test func aLimitThatIsNotToldIsLearnt() async throws {
            var options = Self.options(Self.outputLimit + ["rename-command CONFIG OURS"])
            options.before = { source, _ in try Self.write(to: source) }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                #expect(try await stage.runner.verify(sample: nil).outcome == .verified)
                try await Self.expectEqual(stage, config: "OURS")
            }
        }

        /// Nothing is written for several times as long as a client may be silent.
        @Test(arguments: [FeedPreference.replication, .notifications])
        func aQuietMigrationIsNotIdle(feed: FeedPreference) async throws {
            let settings = ["timeout 1", "repl-timeout 2", "tcp-keepalive 1"]
            var options = Self.options(settings, settings)
            options.feed = feed
            options.bigValueBytes = 500_000
            options.before = { source, _ in try Self.write(to: source, 3) }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try await Task.sleep(for: .seconds(4))
                await Self.expectSound(stage)
                try Self.write(to: stage.source, 3)
                try await Self.expectEqual(stage)
                for server in [stage.source, stage.target] { try server.call("CONFIG", "SET", "timeout", "1") }
                try await stage.switchOver { $0.verify = .full }
                #expect(try await stage.report().outcome == .verified)
                await Self.expectSound(stage)
            }
        }

        @Test func commandsKeepWithinTheTargetsLimits() async throws {
            var options = Self.options([], ["client-query-buffer-limit 1mb", "proto-max-bulk-len 1mb"])
            options.before = { source, _ in try Self.write(to: source) }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.expectEqual()
                await Self.expectSound(stage)
            }
        }

        @Test(arguments: [true, false])
        func aStringThatTheTargetCannotHoldIsNamed(tells: Bool) async throws {
            let hidden = tells ? [] : ["rename-command CONFIG \"\""]
            var options = Self.options([], ["proto-max-bulk-len 1mb"] + hidden)
            options.before = { source, _ in
                try source.call("SET", "__tenant:acme:long", Bytes(repeating: 7, count: 3_000_000))
            }
            try await MigrationStage.run(options) { stage in
                let failure = try await stage.failure()
                for word in ["__tenant:acme:long", "proto-max-bulk-len", "\(stage.target.port)"] {
                    #expect(failure.message.contains(word), "\(failure.message)")
                }
            }
        }

        @Test func clientsMemoryIsShared() async throws {
            let settings = ["maxmemory-clients 4mb"]
            var options = Self.options(settings, settings)
            options.before = { source, _ in try Self.write(to: source) }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try Self.write(to: stage.source)
                try await Self.expectEqual(stage)
                await Self.expectSound(stage)
            }
        }

        @Test func validationKeepsWithinThemToo() async throws {
            try await withRedisServers(settings: Self.outputLimit) { source, target in
                try Self.write(to: source)
                let report = try await ValidationStage(source, target).report()
                let open = report.checks.filter { $0.state != .ok }.map(\.name)
                #expect(open == [.fence], "the tenant has no user; \(report)")
            }
        }

        /// It is tried again, with what the server says.
        @Test func aServerThatTakesNoMoreClients() async throws {
            try await MigrationStage.run(Self.options([])) { stage in
                try await stage.wait(for: .liveSync)
                let administrator = try stage.target.connect()
                try administrator.call("CONFIG", "SET", "maxclients", "1")
                try administrator.call("CLIENT", "KILL", "TYPE", "normal")
                let isSaid = try await eventually {
                    await stage.runner.status().reconnecting?.reason.contains("max number of clients") == true
                }
                let status = await stage.runner.status()
                #expect(isSaid, "\(status)")
                try administrator.call("CONFIG", "SET", "maxclients", "1000")
                try await stage.waitUntilSound()
            }
        }
    }
}

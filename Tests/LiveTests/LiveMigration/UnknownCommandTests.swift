import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// Changes that the source's stream does not name: by renamed commands, and by scripts that are replicated as they are.
    @Suite struct UnknownCommandTests {
        static let renamed = ["FLUSHDB", "FLUSHALL", "SWAPDB", "COPY", "MOVE"].map { "rename-command \($0) Q\($0)" }

        /// In database 3, of the tenant's keys.
        static let changes = [
            "QFLUSHDB", "QFLUSHALL", "QFLUSHALL ASYNC", "QSWAPDB 3 5", "QMOVE @str 5", "QCOPY @str @other DB 5",
        ]

        @Test(arguments: changes, RedisVersion.available)
        func aRenamedCommandIsFollowed(change: String, version: RedisVersion) async throws {
            let options = MigrationStage.Options(
                keys: 200,
                databases: [0, 3],
                sourceVersion: version,
                targetVersion: version,
                sourceSettings: Self.renamed,
                feed: .replication
            )
            try await MigrationStage.run(options) { stage in
                let client = try stage.source.connect(database: 3)
                try client.call("SET", "\(stage.prefix)str", "v")
                try await stage.wait(for: .liveSync)
                try await stage.expectEqual("before")
                try client.call(ChangeDesk.words(change))
                try client.call("SET", "\(stage.prefix)after", "v")
                try await stage.expectEqual(change)
                try await stage.switchOver()
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        /// The target's own stream tells of it under its new name.
        @Test func aTargetThatIsEmptiedInTheCutoverIsNotSwitchedTo() async throws {
            let options = MigrationStage.Options(keys: 200, targetSettings: Self.renamed, feed: .replication)
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                let emptier = Repeater(stage.target.endpoint, pause: 1000) { socket, _ in try socket.call("QFLUSHALL") }
                #expect(try await eventually { emptier.rounds > 2 })
                guard case .back(let failure) = try await stage.cutover() else {
                    Issue.record("it was switched")
                    return
                }
                #expect(failure.message.contains("QFLUSHALL took away keys") || failure.kind == .unreachable)
                try await emptier.stop()
            }
        }

        static let verbatim = ["lua-replicate-commands no"]

        /// Each writes keys that it does not declare, without end; live sync and the cutover come to their ends all the same.
        @Test(.enabled(if: RedisVersion.v62.isAvailable, "redis-server 6.2 is not on this machine"))
        func keysThatAScriptNamesItselfArrive() async throws {
            let options = MigrationStage.Options(
                keys: 300,
                databases: [0, 3],
                sourceVersion: .v62,
                targetVersion: .v62,
                sourceSettings: Self.verbatim,
                feed: .replication
            )
            try await MigrationStage.run(options) { stage in
                let script = "redis.call('SET', '__tenant:' .. 'acme:lua' .. ARGV[1], ARGV[2]) return 1"
                let client = try stage.source.connect(database: 3)
                // A neighbour's scripts do the same, and go on inside the fence.
                let neighbour = Repeater(stage.source.endpoint, pause: 5000) { socket, round in
                    try socket.call("EVAL", "redis.call('SET', 'other:' .. ARGV[1], 1)", 0, round % 7)
                }
                try await stage.wait(for: .liveSync)
                for round in 0..<20 { try client.call("EVAL", script, 0, round, "v\(round)") }
                #expect(try await eventually { try await stage.differences().isEmpty })
                try client.call("EVAL", script, 0, "last", "v")
                try await stage.switchOver()
                #expect(try stage.target.connect(database: 3).call("GET", "\(stage.prefix)lualast").text == "v")
                _ = try await stage.report()
                #expect(try await stage.differences() == [])
                try await neighbour.stop()
            }
        }

        /// Nobody tells of a key that goes while its server is told not to notify; the names before the fence do.
        @Test func theCensusHasTheLastWord() async throws {
            try await MigrationStage.run(.init(keys: 300, feed: .notifications)) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.expectEqual("before")
                let keys = try stage.source.call("KEYS", "\(stage.prefix)*").array?.compactMap(\.bytes) ?? []
                let client = try stage.source.connect()
                try client.call("MULTI")
                try client.call("CONFIG", "SET", "notify-keyspace-events", "")
                for key in keys.prefix(50) { try client.call([Bytes("DEL".utf8), key]) }
                try client.call("CONFIG", "SET", "notify-keyspace-events", "AK")
                try client.call("EXEC")
                try await Task.sleep(for: .milliseconds(400))
                #expect(try await stage.differences().count == 50)
                let (_, moved) = try await stage.switchOver()
                #expect(moved == keys.count - 50)
                #expect(try await stage.report().differenceCount == 0)
            }
        }
    }
}

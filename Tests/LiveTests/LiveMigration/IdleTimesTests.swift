import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Synchronization
import Testing

extension LiveMigration {
    /// Reading is no use: what a server evicts by stays as the tenant's clients have left it.
    @Suite struct IdleTimesTests {
        /// Here each use of a key is counted, and nothing is forgotten.
        private static let settings = ["maxmemory-policy allkeys-lfu", "lfu-log-factor 0", "lfu-decay-time 0"]

        /// How often each of the tenant's keys counts as used.
        private static func uses(_ server: RedisServer) throws -> [String: Int] {
            let client = try server.connect()
            let keys = try client.call("KEYS", "__tenant:acme:*").array?.compactMap(\.bytes) ?? []
            var uses: [String: Int] = [:]
            for key in keys { uses["\(key)"] = try client.call("OBJECT", "FREQ", key).integer }
            return uses
        }

        @Test(
            .enabled(
                if: RedisVersion.v82.isAvailable && RedisVersion.valkey91.isAvailable,
                "redis-8.2 or valkey-9.1 is not here: run .ci/setup"
            ),
            arguments: [RedisVersion.v82, .valkey91]
        )
        func copyingAndComparingIsNoUse(version: RedisVersion) async throws {
            let before = Mutex<[String: Int]>([:])
            var options = MigrationStage.Options(keys: 300, sourceVersion: version, targetVersion: version)
            (options.sourceSettings, options.targetSettings) = (Self.settings, Self.settings)
            // Some values move in pieces.
            options.bigValueBytes = 1 << 16
            options.before = { source, _ in
                try source.call("SET", "__tenant:acme:big", [UInt8](repeating: 1, count: 1 << 17))
                let uses = try Self.uses(source)
                before.withLock { $0 = uses }
            }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                let known = before.withLock { $0 }
                #expect(known.count > 200)
                #expect(try Self.uses(stage.source) == known, "the copy has used keys")
                let copies = try Self.uses(stage.target)
                #expect(try await stage.runner.verify(sample: nil).differenceCount == 0)
                #expect(try Self.uses(stage.source) == known, "verify has used keys")
                #expect(try Self.uses(stage.target) == copies, "verify has used copies")
            }
        }
    }
}

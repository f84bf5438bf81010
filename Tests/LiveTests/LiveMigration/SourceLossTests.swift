import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import Testing

extension LiveMigration {
    /// What a fenced source loses by itself.
    @Suite struct SourceLossTests {
        /// What makes the tenant's user writable at the target: the end of its password's hash, then the pattern. Rules are
        /// tried with a user that has no password.
        private static let switching = ["8ad04679\r\n$16\r\n~__tenant:acme:*"]

        /// It evicts from the moment of the switch on.
        @Test func evictionsAfterTheSwitchAreNoDifferences() async throws {
            let settings = ["maxmemory-policy allkeys-random", "maxmemory-samples 1"]
            try await MigrationStage.run(.init(keys: 6000, sourceSettings: settings, proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                let (source, target) = (stage.source, stage.target)
                // Whatever else is wrong at the target is still found.
                stage.sourceProxy?.before(["%R~"]) {
                    _ = try? target.connect().call("DEL", "\(stage.prefix)k0")
                    return .pass
                }
                stage.targetProxy?.before(Self.switching) {
                    let used = Int((try? source.info("used_memory")) ?? "") ?? 0
                    _ = try? source.connect().call("CONFIG", "SET", "maxmemory", max(1 << 20, used - 500_000))
                    return .pass
                }
                try await stage.switchOver()
                let report = try await stage.report()
                let evicted = Int(try stage.source.info("evicted_keys") ?? "") ?? 0
                #expect(evicted > 50)
                #expect(report.lostAtSource ?? 0 > 0, "\(report.keysSource) of \(report.keysTarget)")
                let isThere = try stage.source.call("EXISTS", "\(stage.prefix)k0").integer == 1
                #expect(report.differences.map(\.detail) == (isThere ? ["no such key at the target"] : []))
            }
        }

        /// Without a fence a client may have deleted the key.
        @Test func aDeletionWithoutAFenceIsADifference() async throws {
            try await MigrationStage.run(.init(keys: 500, proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                let source = stage.source
                stage.targetProxy?.before(Self.switching) {
                    _ = try? source.connect().call("DEL", "\(stage.prefix)k1")
                    return .pass
                }
                try await stage.switchOver { $0.fence = .none }
                let report = try await stage.report()
                #expect(report.differences.map(\.detail) == ["no such key at the source"])
                #expect(report.lostAtSource == nil)
            }
        }

        struct Case: Sendable, CustomTestStringConvertible {
            var testDescription: String { "\(version), \(feed)" }
            let version: RedisVersion
            let feed: FeedPreference
        }

        static let cases = [RedisVersion.v82, .valkey91].filter(\.isAvailable).flatMap { version in
            [FeedPreference.replication, .notifications].map { Case(version: version, feed: $0) }
        }

        /// Fields that expire all the time are no client's writes, neither inside the fence nor behind the switch.
        @Test(arguments: cases) func expiringFieldsAreNoLeak(_ kind: Case) async throws {
            var options = MigrationStage.Options(
                sourceVersion: kind.version,
                targetVersion: kind.version,
                feed: kind.feed,
                seeds: false,
                proxied: true
            )
            options.before = { source, _ in
                let clock = try #require(try source.call("TIME").array?.first?.integer)
                var request = RequestBuffer()
                for number in 0..<4000 {
                    // Some are the only field of their hash.
                    let key = "__tenant:acme:h\(number / (number % 2 == 0 ? 1 : 40))"
                    request.append("HSET", key, "f\(number)", "v")
                    request.append("HPEXPIREAT", key, clock * 1000 + 500 + number * 4, "FIELDS", 1, "f\(number)")
                }
                try source.connect().perform(request)
            }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                // The fence stands long enough for some to expire in it.
                stage.sourceProxy?.before(["%R~", "replication"]) { .passAndHold(100_000) }
                try await stage.switchOver()
                let report = try await stage.report()
                #expect(report.differences == [])
                let isDying = try await eventually {
                    let dead = try stage.source.info("expired_subkeys") ?? stage.source.info("expired_fields") ?? "0"
                    return Int(dead) ?? 0 > 10
                }
                #expect(isDying)
                #expect(await stage.runner.status().stragglers ?? 0 == 0)
            }
        }
    }
}

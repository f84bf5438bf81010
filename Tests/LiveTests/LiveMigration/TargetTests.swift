import Glibc
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// What the target holds of the tenant that the source does not have.
    @Suite struct TargetTests {
        @Test func staleKeysAreRemovedWhereReplaceIsAsked() async throws {
            var options = MigrationStage.Options(databases: [0, 3], replace: true)
            options.before = { _, target in
                var stale = TenantSeed(tenant: "acme", keys: 700)
                stale.seed = 99
                stale.databases = [0, 3, 9]
                try stale.write(to: target.endpoint)
                try target.call("RPUSH", "__tenant:acme:stale", "v", database: 7)
            }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.expectEqual()
                try stage.expectOthersUntouched()
                let status = await stage.runner.status()
                #expect(status.keysSynced == 1000 && status.keysTotal == 1000)
            }
        }

        /// Somebody else works on the tenant's keys at the target: the cutover's census finds it.
        @Test func whatWasDoneBehindTheToolsBackIsMended() async throws {
            try await MigrationStage.run(.init(databases: [0, 3])) { stage in
                try await stage.wait(for: .liveSync)
                let desk = try ChangeDesk(stage.target)
                try desk("DEL @k0 @k2 @k4")
                try desk("FLUSHDB", in: 3)
                try desk("SET @alien v")
                try desk("SADD @alien v", in: 15)
                // The source had this one once.
                let source = try ChangeDesk(stage.source)
                try source("SET @once v")
                try await stage.wait(forKey: "once", to: 1)
                try source("DEL @once")
                try await stage.wait(forKey: "once", to: 0)
                try desk("SET @once again")
                try await stage.switchOver()
                let report = try await stage.report()
                #expect(report.differenceCount == 0, "\(report.differences)")
                #expect(try await stage.differences() == [])
            }
        }

        /// A key that was read before the source was emptied is written after the target was looked through.
        @Test(arguments: ["FLUSHALL", "SWAPDB 0 9"])
        func aWriteThatComesLateIsTakenBack(command: String) async throws {
            try await MigrationStage.run(.init(keys: 300, proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                let source = stage.source
                stage.targetProxy?.before(["tenant:acme:late"]) {
                    _ = try? source.connect().call(ChangeDesk.words(command))
                    // Time enough for the whole of the resynchronisation.
                    usleep(400_000)
                    return .pass
                }
                try source.call("RPUSH", "\(stage.prefix)late", "w")
                #expect(try await eventually { try source.call("EXISTS", "\(stage.prefix)late").integer == 0 })
                try await Task.sleep(for: .milliseconds(600))
                try await stage.expectEqual(command)
            }
        }

        @Test func onlyTheNamedDatabasesMove() async throws {
            try await MigrationStage.run(.init(databases: [0, 3, 15], narrowTo: [0, 15])) { stage in
                try await stage.wait(for: .liveSync)
                let desk = try ChangeDesk(stage.source)
                try desk("SET @n v", in: 3)
                try desk("SET @n v", in: 15)
                try desk("COPY @k0 @copied DB 3")
                try desk("SWAPDB 3 15")
                try desk("SWAPDB 3 4")
                try desk("FLUSHDB", in: 15)
                try desk("SWAPDB 4 15")
                try desk("SET @m v", in: 15)
                var comparison = KeyspaceComparison(stage.source, stage.target, tenant: "acme")
                comparison.databases = [0, 15]
                #expect(try await eventually { try comparison.differences().isEmpty })
                for database in 1..<15 {
                    #expect(try stage.target.connect(database: database).call("DBSIZE").integer == 0, "db \(database)")
                }
                try await stage.switchOver()
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        /// Glob characters in a name are only characters, and similar names are others.
        @Test(arguments: ["a*c", "a[b]", "a?", "acme", "^a", "a\\b", "ä*"])
        func onlyThisTenantMoves(tenant: String) async throws {
            let similar = [
                "a*c", "abc", "ac", "a[b]", "ab", "a?", "aa", "acme", "acme-corp", "xacme", "ACME", "a\\b", "a\\*c",
                "ä*",
                "äb",
            ]
            let pattern = tenant.flatMap { "*?[]\\".contains($0) ? "\\\($0)" : "\($0)" }
            let user = "own on >pw ~__tenant:\(String(pattern)):* +@all"
            var options = MigrationStage.Options(tenant: tenant, keys: 200, users: [user])
            let others = similar.filter { $0 != tenant }
            options.before = { source, _ in
                for name in others { try source.call("SET", "__tenant:\(name):k", name) }
            }
            try await MigrationStage.run(options) { stage in
                let before = try KeyspaceDigest(stage.source, tenants: others)
                try await stage.wait(for: .liveSync)
                for name in others { try stage.source.call("APPEND", "__tenant:\(name):live", name) }
                try stage.source.call("SET", "\(stage.prefix)live", "v")
                try await stage.expectEqual()
                for name in others { try stage.source.call("DEL", "__tenant:\(name):live", name) }
                try await stage.switchOver()
                #expect(try await stage.report().differenceCount == 0)
                #expect(try KeyspaceDigest(stage.target, tenants: others).keys == 0)
                #expect(try KeyspaceDigest(stage.source, tenants: others) == before)
                try stage.target.log(in: "own").call("SET", "\(stage.prefix)k", "v")
                try stage.expectOthersUntouched()
            }
        }
    }
}

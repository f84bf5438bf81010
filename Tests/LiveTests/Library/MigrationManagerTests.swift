import FerriteMigration
import MigrationTestSupport
import Testing

/// The library as another program uses it: its public API, real servers, nothing else of the project.
@Suite struct MigrationManagerTests {
    private static let tenant = "acme-corp"

    /// Two servers, the tenant with its user and its neighbours at the first, and a folder for the journal.
    private func withStage(_ body: (RedisServer, RedisServer, MigrationManager) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try await withRedisServers { source, target in
            try source.call("ACL", "SETUSER", "app", "on", ">pw", "~__tenant:\(Self.tenant):*", "+@all")
            try TenantSeed(tenant: Self.tenant, keys: 2000).write(to: source.endpoint)
            for neighbour in TenantSeed.neighbours(of: Self.tenant) {
                try TenantSeed(tenant: neighbour, keys: 50).write(to: source.endpoint)
            }
            let config = MigrationConfig(source: "127.0.0.1:\(source.port)", journal: folder.path)
            try await body(source, target, MigrationManager(config: config))
        }
    }

    @Test func aTenantMovesAsInTheManual() async throws {
        try await withStage { source, target, manager in
            let migration = try await manager.migrate(tenant: Self.tenant, target: "127.0.0.1:\(target.port)")
            var shown: [Double] = []
            while true {
                let status = try await manager.status(migration.id)
                shown.append(status.progress)
                try #require(!status.phase.isFinal, "\(String(describing: status.error))")
                if status.phase == .liveSync && status.lagKeys < 100 { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(shown == shown.sorted() && shown.last == 100)
            let result = try await manager.cutover(migration.id)
            #expect(result.downtimeMilliseconds > 0 && result.downtimeMilliseconds < 5000)
            #expect(result.keysMigrated == 2000)
            let verification = try await manager.verify(migration.id)
            #expect(verification.checksumMatch)
            #expect(verification.keysTarget == 2000 && verification.writtenSinceSwitch == 0)
            let differences = try KeyspaceComparison(source, target, tenant: Self.tenant).differences()
            #expect(differences.isEmpty)
            try await expectCompleted(manager, migration, verification)
        }
    }

    @Test func whetherATenantCouldBeMoved() async throws {
        try await withStage { source, target, manager in
            let address = "127.0.0.1:\(target.port)"
            let fit = try await manager.validate(tenant: Self.tenant, target: address)
            let failing = fit.checks.filter { $0.state == .fail }
            #expect(fit.canStart && failing.isEmpty && fit.checks.count == 18)
            #expect(fit.checks.first { $0.name == "keys_at_target" }?.state == .ok)
            try target.call("SET", "__tenant:\(Self.tenant):there", "1")
            let taken = try await manager.validate(tenant: Self.tenant, target: address)
            #expect(!taken.canStart)
            #expect(taken.checks.first { $0.name == "keys_at_target" }?.state == .fail)
            let away = try await manager.validate(tenant: Self.tenant, target: "127.0.0.1:1")
            #expect(!away.canStart && away.checks.first?.reason?.contains("127.0.0.1:1") == true)
            #expect(try await manager.migrations().isEmpty)
        }
    }

    /// What stays when the migration has ended is read from the journal.
    private func expectCompleted(
        _ manager: MigrationManager,
        _ migration: Migration,
        _ verification: Verification
    ) async throws {
        await manager.stop(migration.id)
        let status = try await manager.status(migration.id)
        #expect(status.phase == .completed && status.error == nil && status.keysMigrated == 2000)
        #expect(status.verification == verification)
        #expect(try await manager.verify(migration.id) == verification)
        #expect(try await manager.migrations() == [status])
        let again = await #expect(throws: MigrationError.self) { try await manager.cutover(migration.id) }
        #expect(again?.message.contains("completed") == true)
    }

    @Test func aStoppedMigrationIsLeftAsItIs() async throws {
        try await withStage { _, target, manager in
            let migration = try await manager.migrate(tenant: Self.tenant, target: "127.0.0.1:\(target.port)")
            let second = await #expect(throws: MigrationError.self) {
                try await manager.migrate(tenant: Self.tenant, target: "127.0.0.1:\(target.port)")
            }
            #expect(second?.kind == .notNow && second?.message.contains(migration.id) == true)
            await manager.stop(migration.id)
            let status = try await manager.status(migration.id)
            #expect(!status.phase.isFinal)
            let cutover = await #expect(throws: MigrationError.self) { try await manager.cutover(migration.id) }
            #expect(cutover?.message.contains("does not run in this process") == true)
        }
    }

    @Test func whatCannotBeIsRefusedBeforeAnythingIsAsked() async throws {
        try await withStage { source, target, manager in
            let address = "127.0.0.1:\(target.port)"
            let cases: [(String, String, MigrationConfig)] = [
                ("a:b", address, MigrationConfig()),
                (Self.tenant, "127.0.0.1:x", MigrationConfig()),
                (Self.tenant, address, MigrationConfig(mode: .fast)),
                (Self.tenant, address, MigrationConfig(parallel: 0)),
                (Self.tenant, address, MigrationConfig(databases: [-1])),
                (Self.tenant, address, MigrationConfig(source: address)),
                (Self.tenant, address, MigrationConfig(keyPrefixFormat: "none")),
            ]
            for (tenant, target, config) in cases {
                let error = await #expect(throws: MigrationError.self) {
                    try await manager.migrate(tenant: tenant, target: target, config: config)
                }
                #expect(error?.kind == .configuration, "\(String(describing: error))")
            }
            let unknown = await #expect(throws: MigrationError.self) { try await manager.status("mig_0000000000") }
            #expect(unknown?.kind == .configuration)
            let (known, copied) = (try await manager.migrations(), try target.call("DBSIZE").integer)
            #expect(known.isEmpty && copied == 0)
        }
    }

    @Test func aServersRefusalIsTold() async throws {
        try await withStage { source, target, manager in
            try target.call("ACL", "SETUSER", "weak", "on", ">pw", "~*", "+@all", "-restore")
            var config = MigrationConfig(source: "127.0.0.1:\(source.port)", targetUsername: "weak")
            for (password, words) in [("wrong", "WRONGPASS"), ("pw", "restore")] {
                config.targetPassword = password
                let error = await #expect(throws: MigrationError.self) {
                    try await manager.migrate(tenant: Self.tenant, target: "127.0.0.1:\(target.port)", config: config)
                }
                #expect(error?.kind == .refused)
                #expect(
                    error?.message.lowercased().contains(words.lowercased()) == true,
                    "\(String(describing: error))"
                )
            }
            let gone = await #expect(throws: MigrationError.self) {
                try await manager.migrate(tenant: Self.tenant, target: "127.0.0.1:1")
            }
            #expect(gone?.kind == .unreachable)
            let copied = try target.call("DBSIZE").integer
            #expect(copied == 0)
        }
    }
}

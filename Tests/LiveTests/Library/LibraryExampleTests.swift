import FerriteMigration
import MigrationTestSupport
import Testing

/// The example of docs/library.md as it stands there.
@Suite(.serialized) struct LibraryExampleTests {
    @Test func theExampleMovesATenant() async throws {
        let source = try RedisServer(.v7)
        let target = try RedisServer(.v7)
        defer {
            source.stop()
            target.stop()
        }
        try TenantSeed(tenant: "acme-corp", keys: 100).write(to: source.endpoint)
        try source.call("ACL", "SETUSER", "acme", "on", ">secret", "~__tenant:acme-corp:*", "&*", "+@all")
        let folder = try TemporaryFolder()
        try await move("acme-corp", from: source.address, to: target.address, journal: folder.path)
        #expect(try source.call("DBSIZE") == .integer(0))
        guard case .integer(let keys) = try target.call("DBSIZE") else { return }
        #expect(keys > 0)
    }

    func move(_ tenant: String, from source: String, to target: String, journal: String) async throws {
        let manager = MigrationManager(config: MigrationConfig(source: source, journal: journal))

        // Start: both servers are checked first; returns once the copying has begun.
        let config = MigrationConfig(mode: .live, parallel: 4, batchSize: 1000, source: source)
        let migration = try await manager.migrate(tenant: tenant, target: target, config: config)

        // Watch: one status for each change.
        for try await status in manager.statuses(migration.id, every: .seconds(1)) {
            print("Progress: \(status.progress)%")
            if let error = status.error, status.phase == .failed { throw error }
            if status.phase == .liveSync && status.lagKeys < 100 { break }
        }

        // Cut over: it either succeeds, or throws and has not happened.
        let result = try await manager.cutover(migration.id)
        print("Migration completed, downtime: \(result.downtimeMilliseconds) ms")
        if let note = result.note { print("To be done by hand: \(note)") }

        // Compare: what was found across the switch, every key by type, value and expiry.
        let verification = try await manager.verify(migration.id)
        precondition(verification.checksumMatch)

        // When nobody wants to go back any more: remove the tenant from the source.
        await manager.stop(migration.id)
        try await manager.cleanup(migration.id)
    }
}

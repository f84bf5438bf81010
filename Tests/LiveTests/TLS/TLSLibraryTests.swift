import FerriteMigration
import Foundation
import MigrationTestSupport
import Testing

/// TLS by the library's own settings.
@Suite(.serialized) struct TLSLibraryTests {
    private static let passphrase = "passphrase-of-the-library"

    private func withServers(
        _ body: (RedisServer, RedisServer, TLSSettings, _ journal: String) async throws -> Void
    ) async throws {
        let certificates = try TestCertificates()
        let source = try RedisServer(tls: RedisTLS(certificates))
        let target = try RedisServer(tls: RedisTLS(certificates))
        defer {
            source.stop()
            target.stop()
        }
        let folder = try TemporaryFolder()
        try source.call("ACL", "SETUSER", "app", "on", ">pw", "~__tenant:acme:*", "+@all")
        try TenantSeed(tenant: "acme", keys: 200).write(to: source.endpoint)
        let settings = TLSSettings(
            caCertificates: certificates.authority.certificate,
            certificate: certificates.client.certificate,
            key: try certificates.encrypted(certificates.client.key, passphrase: Self.passphrase),
            keyPassphrase: Self.passphrase,
            minimum: .tls13
        )
        try await body(source, target, settings, folder.path)
    }

    @Test func aTenantMoves() async throws {
        try await withServers { source, target, tls, journal in
            var config = MigrationConfig(source: source.tlsEndpoint.url, journal: journal)
            config.sourceTLS = tls
            config.targetTLS = tls
            let manager = MigrationManager(config: config)
            let migration = try await manager.migrate(tenant: "acme", target: target.tlsEndpoint.url)
            for try await status in manager.statuses(migration.id, every: .milliseconds(50)) {
                try #require(!status.phase.isFinal, "\(String(describing: status.error))")
                if status.phase == .liveSync { break }
            }
            // Taken up by another manager, which has read of the files in the journal and brings the passphrase.
            await manager.stop(migration.id)
            let second = MigrationManager(config: config)
            try await second.resume(migration.id)
            for try await status in second.statuses(migration.id, every: .milliseconds(50)) {
                try #require(!status.phase.isFinal, "\(String(describing: status.error))")
                if status.phase == .liveSync { break }
            }
            _ = try await second.cutover(migration.id)
            #expect(try await second.verify(migration.id).checksumMatch)
            #expect(try KeyspaceComparison(source, target, tenant: "acme").differences().isEmpty)
            await second.stop(migration.id)
            let folder = "\(journal)/\(migration.id)"
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data()
                #expect(bytes.range(of: Data(Self.passphrase.utf8)) == nil, "\(name)")
            }
        }
    }

    @Test func faultsAreOfTheirKinds() async throws {
        try await withServers { source, target, tls, journal in
            let expect = { (config: MigrationConfig, kind: MigrationError.Kind, words: String) async in
                let manager = MigrationManager(config: config)
                let error = await #expect(throws: MigrationError.self) {
                    try await manager.migrate(tenant: "acme", target: target.endpoint.url)
                }
                #expect(error?.kind == kind && error?.message.contains(words) == true, "\(String(describing: error))")
            }
            var config = MigrationConfig(source: source.tlsEndpoint.url, journal: journal)
            await expect(config, .configuration, "signed by an unknown CA")
            config.sourceTLS = TLSSettings(caCertificates: tls.caCertificates)
            await expect(config, .refused, "it asks for a client certificate")
            config.sourceTLS = tls
            config.sourceTLS?.keyPassphrase = "wrong"
            await expect(config, .configuration, "the passphrase does not open the private key")
            config.sourceTLS?.key = nil
            await expect(config, .configuration, "--source-cert needs --source-key")
            config.source = source.endpoint.address
            config.sourceTLS = tls
            await expect(config, .configuration, "write rediss://")
        }
    }
}

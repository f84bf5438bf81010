import Foundation
import MigrationTestSupport
import Testing

/// Both servers speak TLS and ask for client certificates; the writers of the tests use their plain ports.
struct TLSCase {
    static let sourcePassphrase = "passphrase-of-the-source"
    static let targetPassphrase = "passphrase-of-the-target"

    let certificates: TestCertificates
    var source: RedisTLS?
    var target: RedisTLS?
    /// All settings of TLS, as variables.
    var environment: [String: String]

    /// The keys of both sides are encrypted: one passphrase is in a variable, the other in a file.
    init() throws {
        certificates = try TestCertificates()
        source = RedisTLS(certificates)
        target = RedisTLS(certificates)
        let client = certificates.client
        let other = try certificates.make("client2", names: "DNS:client2")
        environment = [
            "FERRITE_MIGRATE_SOURCE_CACERT": certificates.authority.certificate,
            "FERRITE_MIGRATE_SOURCE_CERT": client.certificate,
            "FERRITE_MIGRATE_SOURCE_KEY": try certificates.encrypted(client.key, passphrase: Self.sourcePassphrase),
            "FERRITE_MIGRATE_SOURCE_KEY_PASSPHRASE": Self.sourcePassphrase,
            "FERRITE_MIGRATE_TARGET_CACERT": certificates.authority.certificate,
            "FERRITE_MIGRATE_TARGET_CERT": other.certificate,
            "FERRITE_MIGRATE_TARGET_KEY": try certificates.encrypted(other.key, passphrase: Self.targetPassphrase),
            "FERRITE_MIGRATE_TARGET_KEY_PASSPHRASE_FILE": try certificates.file("pass", Self.targetPassphrase + "\n"),
        ]
    }
}

extension CommandStage {
    /// Connections of others than the tenant's user and this test to a server's plain port.
    func plainConnections(_ server: RedisServer) throws -> [String] {
        let lines = try server.call("CLIENT", "LIST").text?.split(separator: "\n").map(String.init) ?? []
        return lines.filter { line in
            line.contains("laddr=127.0.0.1:\(server.port) ") && !line.contains("user=acme-app")
                && !line.contains("cmd=client|list")
        }
    }

    /// Connections to a server's TLS port.
    func encryptedConnections(_ server: RedisServer) throws -> Int {
        let lines = try server.call("CLIENT", "LIST").text?.split(separator: "\n") ?? []
        return lines.count { $0.contains("laddr=127.0.0.1:\(server.tlsPort ?? 0) ") }
    }
}

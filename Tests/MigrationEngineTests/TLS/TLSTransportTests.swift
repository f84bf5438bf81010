import Foundation
import MigrationTestSupport
import NIOCore
import Testing

@testable import RedisClient

/// A context is made once, and again when a file has changed.
@Suite struct TLSTransportTests {
    private func settings(_ certificates: TestCertificates, authorities: String? = nil) -> TLSSettings {
        TLSSettings(
            side: "source",
            authorities: authorities ?? certificates.authority.certificate,
            certificate: certificates.client.certificate,
            key: certificates.client.key
        )
    }

    @Test func aContextIsKeptUntilAFileChanges() throws {
        let certificates = try TestCertificates()
        let transport = TLSTransport(settings(certificates))
        let first = try transport.context()
        #expect(try transport.context() === first)
        // Another file of the same name and content, as a renewal puts it there.
        for path in [certificates.client.key, certificates.client.certificate, certificates.authority.certificate] {
            let before = try transport.context()
            try Data(contentsOf: URL(filePath: path)).write(to: URL(filePath: path), options: .atomic)
            let after = try transport.context()
            #expect(after !== before, "\(path)")
            #expect(try transport.context() === after)
        }
    }

    @Test func aFolderOfAuthoritiesIsLookedAtFileByFile() throws {
        let certificates = try TestCertificates()
        let folder = try MigrationTestSupport.TemporaryFolder()
        let transport = TLSTransport(settings(certificates, authorities: folder.path))
        #expect(throws: TLSFault.self) { try transport.context() }
        let bytes = try Data(contentsOf: URL(filePath: certificates.authority.certificate))
        try bytes.write(to: URL(filePath: folder.file("one.pem")))
        let first = try transport.context()
        try Data("no certificate".utf8).write(to: URL(filePath: folder.file("README")))
        let second = try transport.context()
        #expect(second !== first)
        try (bytes + bytes).write(to: URL(filePath: folder.file("one.pem")))
        #expect(try transport.context() !== second)
    }

    @Test(arguments: [
        ("127.0.0.1", nil, nil), ("::1", nil, nil), ("db.example", nil, "db.example"), ("127.0.0.1", "a", "a"),
        ("db.example", "a", "a"),
    ])
    func theNameThatIsExpected(host: String, given: String?, name: String?) {
        #expect(TLSTransport(TLSSettings(side: "source", serverName: given)).serverName(host) == name)
    }

    @Test func settingsAreNeverPrinted() {
        let settings = TLSSettings(side: "source", passphrase: "hunter2")
        let endpoint = RedisEndpoint(host: "db", port: 1, tls: TLSTransport(settings))
        var text = "\(settings) \(endpoint)"
        dump(settings, to: &text)
        dump(endpoint, to: &text)
        #expect(!text.contains("hunter2"), "\(text)")
    }
}

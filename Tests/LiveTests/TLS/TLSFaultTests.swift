import Foundation
import MigrationTestSupport
import Testing

/// What can be wrong with TLS, each in its own words, with its own exit code and soon.
@Suite(.serialized) struct TLSFaultTests {
    /// Two servers; the source speaks TLS as `tls` says, the target does not.
    private struct Stage {
        let certificates: TestCertificates
        let source: RedisServer
        let target: RedisServer
        let tool: MigrateTool

        init(_ certificates: TestCertificates, _ tls: RedisTLS) throws {
            self.certificates = certificates
            source = try RedisServer(tls: tls)
            target = try RedisServer()
            try TenantSeed(tenant: "acme", keys: 5).write(to: source.endpoint)
            tool = try MigrateTool(source: source.endpoint, target: target.endpoint)
        }

        var url: String { source.tlsEndpoint.url }

        var trust: [String] { ["--source-cacert", certificates.authority.certificate] }

        func pair(_ pair: TestCertificates.Pair) -> [String] {
            ["--source-cert", pair.certificate, "--source-key", pair.key]
        }

        /// Both `validate` and `migrate` say `words` within the connect timeout, and end with `code`.
        func expectFault(
            _ options: [String],
            _ code: Int,
            _ words: [String],
            source url: String? = nil,
            location: SourceLocation = #_sourceLocation
        ) throws {
            let arguments = ["acme", "--source", url ?? self.url, "--target", target.endpoint.url] + options
            let start = MonotonicClock.seconds
            let validate = try tool.run(["validate"] + arguments + ["--format", "json"], timeout: 60)
            let seconds = MonotonicClock.seconds - start
            #expect(seconds < 13, sourceLocation: location)
            #expect(validate.code == code, "\(validate.output) \(validate.errors)", sourceLocation: location)
            let migrate = try tool.run(["migrate"] + arguments, timeout: 60)
            #expect(migrate.code == code && migrate.output.isEmpty, "\(migrate.errors)", sourceLocation: location)
            #expect(migrate.errors.filter(\.isNewline).count == 1, "\(migrate.errors)", sourceLocation: location)
            for word in words {
                #expect(validate.output.contains(word), "\(word): \(validate.output)", sourceLocation: location)
                #expect(migrate.errors.contains(word), "\(word): \(migrate.errors)", sourceLocation: location)
            }
            #expect(validate.output.contains("connectivity"), sourceLocation: location)
        }
    }

    private func withStage(
        names: String = "IP:127.0.0.1",
        days: Int = 30,
        byStranger: Bool = false,
        asks: Bool = false,
        settings: [String] = [],
        _ body: (Stage) throws -> Void
    ) throws {
        let certificates = try TestCertificates()
        let signer = byStranger ? certificates.stranger : certificates.authority
        let pair = try certificates.make("shown", names: names, by: signer, days: days)
        var tls = RedisTLS(certificates, pair: pair, asksForCertificate: asks)
        tls.settings = settings
        let stage = try Stage(certificates, tls)
        defer {
            stage.source.stop()
            stage.target.stop()
        }
        try body(stage)
    }

    @Test func anUnknownCA() throws {
        try withStage { stage in
            // The system's authorities do not know it, and another one has not signed it.
            try stage.expectFault([], 78, ["signed by an unknown CA ('Test CA')", "--source-cacert"])
            let other = ["--source-cacert", stage.certificates.stranger.certificate]
            try stage.expectFault(other, 78, ["signed by an unknown CA ('Test CA')"])
            let arguments = ["validate", "acme", "--source", stage.url, "--target", stage.target.endpoint.url]
            let good = try stage.tool.run(arguments + stage.trust + ["--format", "json"])
            #expect(good.code == 0, "\(good.output)")
            #expect(!good.errors.contains("not verified"))
            let folder = try stage.tool.run(arguments + ["--source-cacert", stage.certificates.folder.path])
            #expect(folder.code == 0, "\(folder.output)")
        }
    }

    @Test func anExpiredCertificate() throws {
        try withStage(days: -1) { stage in
            try stage.expectFault(stage.trust, 78, ["its certificate has expired on 20"])
        }
    }

    @Test func anotherHost() throws {
        try withStage(names: "DNS:db.example,IP:10.0.0.1") { stage in
            try stage.expectFault(stage.trust, 78, ["its certificate is not made out for 127.0.0.1", "--source-sni"])
            try stage.expectFault(stage.trust + ["--source-sni", "x.example"], 78, ["not made out for x.example"])
            let arguments = ["validate", "acme", "--source", stage.url, "--target", stage.target.endpoint.url]
            let named = try stage.tool.run(arguments + stage.trust + ["--source-sni", "db.example"])
            #expect(named.code == 0, "\(named.output)")
            try stage.expectFault(stage.trust + ["--source-sni", "10.0.0.1"], 78, ["cannot be the name"])
        }
    }

    /// Under 1.3 the server looks at the certificate when the client is through; under 1.2 within the handshake.
    @Test(arguments: ["TLSv1.3", "TLSv1.2"])
    func aMissingOrWrongClientCertificate(version: String) throws {
        try withStage(asks: true, settings: ["tls-protocols \(version)"]) { stage in
            try stage.expectFault(stage.trust, 77, ["it asks for a client certificate; give one with --source-cert"])
            let certificates = stage.certificates
            let wrong = try certificates.make("wrong", names: "DNS:c", by: certificates.stranger)
            try stage.expectFault(stage.trust + stage.pair(wrong), 77, ["it does not accept the client certificate"])
            let old = try certificates.make("old", names: "DNS:c", days: -1)
            let words = ["it does not accept the client certificate (certificate expired)"]
            try stage.expectFault(stage.trust + stage.pair(old), 77, words)
            let arguments = ["validate", "acme", "--source", stage.url, "--target", stage.target.endpoint.url]
            let good = try stage.tool.run(arguments + stage.trust + stage.pair(certificates.client))
            #expect(good.code == 0, "\(good.output)")
        }
    }

    @Test func tlsToAPlainPort() throws {
        try withStage { stage in
            let url = "rediss://" + stage.source.address
            try stage.expectFault(stage.trust, 69, ["that port does not seem to speak TLS"], source: url)
        }
    }

    @Test func plainToATLSPort() throws {
        try withStage { stage in
            let url = "127.0.0.1:\(try #require(stage.source.tlsPort))"
            try stage.expectFault([], 69, ["speaks TLS", "write rediss://"], source: url)
        }
    }

    @Test func noCommonVersion() throws {
        try withStage(settings: ["tls-protocols TLSv1.2"]) { stage in
            let words = ["it speaks no version of TLS that is allowed; lower --source-tls-min"]
            try stage.expectFault(stage.trust + ["--source-tls-min", "1.3"], 69, words)
        }
    }

    @Test func filesThatCannotBeUsed() throws {
        try withStage { stage in
            let files = stage.certificates
            let text = try files.file("text", "no certificate\n")
            let client = files.client
            let missing = files.folder.file("missing")
            let noFile = ["the CA certificate \(missing) cannot be read: No such"]
            try stage.expectFault(["--source-cacert", missing], 78, noFile)
            try stage.expectFault(["--source-cacert", text], 78, ["\(text) holds no certificate in PEM form"])
            let noCert = ["--source-cert", missing, "--source-key", client.key]
            try stage.expectFault(stage.trust + noCert, 78, ["the certificate \(missing) cannot be read"])
            let noPEM = ["--source-cert", text, "--source-key", client.key]
            try stage.expectFault(stage.trust + noPEM, 78, ["the certificate \(text) holds no certificate in PEM form"])
            let noKey = ["--source-cert", client.certificate, "--source-key", text]
            try stage.expectFault(stage.trust + noKey, 78, ["the private key \(text) holds no key in PEM form"])
            let other = ["--source-cert", client.certificate, "--source-key", files.server.key]
            let words = ["the key \(files.server.key) is not that of the certificate \(client.certificate)"]
            try stage.expectFault(stage.trust + other, 78, words)
        }
    }

    @Test func passphrases() throws {
        try withStage(asks: true) { stage in
            let files = stage.certificates
            let key = try files.encrypted(files.client.key, passphrase: "the right one")
            let pair = stage.trust + ["--source-cert", files.client.certificate, "--source-key", key]
            try stage.expectFault(pair, 78, ["is encrypted; give its passphrase with --source-key-passphrase-file"])
            let wrong = ["--source-key-passphrase-file", try files.file("wrong", "hunter2\n")]
            try stage.expectFault(pair + wrong, 78, ["the passphrase does not open the private key \(key)"])
            let right = ["--source-key-passphrase-file", try files.file("right", "the right one\n")]
            let arguments = ["validate", "acme", "--source", stage.url, "--target", stage.target.endpoint.url]
            let good = try stage.tool.run(arguments + pair + right)
            #expect(good.code == 0, "\(good.output)")
        }
    }

    /// Whoever does not verify is told so wherever a command says anything.
    @Test func insecureIsWarnedOf() throws {
        try withStage(names: "DNS:elsewhere", days: -1, byStranger: true) { stage in
            let words = "the certificate of the source 127.0.0.1:\(stage.source.tlsPort ?? 0) is not verified"
            let arguments = ["acme", "--source", stage.url, "--target", stage.target.endpoint.url, "--source-insecure"]
            let validate = try stage.tool.run(["validate"] + arguments + ["--format", "json"])
            #expect(validate.code == 0 && validate.output.contains(words), "\(validate.output)")
            #expect(validate.errors.contains(words))
            let migrate = try stage.tool.run(["migrate"] + arguments + ["--wait", "live_sync", "--format", "json"])
            #expect(migrate.code == 0 && migrate.errors.components(separatedBy: words).count == 2, "\(migrate.errors)")
            let id = try #require(ToolAnswer(migrate.output).text("migration_id"))
            #expect(try stage.tool.status(id).text("note")?.contains(words) == true)
            #expect(try stage.tool.run(["verify", id]).errors.contains(words))
            #expect(try stage.tool.run(["cancel", id]).errors.contains(words))
        }
    }
}

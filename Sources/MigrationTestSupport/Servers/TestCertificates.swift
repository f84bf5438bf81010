import Foundation
import Glibc

/// Certificates of a test's own, made by `openssl` in a temporary folder.
package final class TestCertificates: Sendable {
    /// A certificate and its key.
    package struct Pair: Sendable {
        package let certificate: String
        package let key: String
    }

    package let folder: TemporaryFolder
    /// Of the authority that has signed `server` and `client`.
    package let authority: Pair
    /// An authority that has signed nothing.
    package let stranger: Pair
    /// Made out for 127.0.0.1 and localhost.
    package let server: Pair
    package let client: Pair

    package init() throws {
        folder = try TemporaryFolder()
        authority = try Self.authority("ca", "Test CA", in: folder)
        stranger = try Self.authority("stranger", "Other CA", in: folder)
        server = try Self.make("server", folder, by: authority, names: "IP:127.0.0.1,DNS:localhost")
        client = try Self.make("client", folder, by: authority, names: "DNS:client")
    }

    /// A pair that is signed by `authority`, or by `signer`.
    ///
    /// - Parameter days: How long it is valid from now on; negative for one that has expired.
    package func make(
        _ name: String,
        names: String = "IP:127.0.0.1",
        by signer: Pair? = nil,
        days: Int = 30
    ) throws -> Pair {
        try Self.make(name, folder, by: signer ?? authority, names: names, days: days)
    }

    /// The key, encrypted; returns its path.
    package func encrypted(_ key: String, passphrase: String) throws -> String {
        let path = key + ".encrypted"
        let files = ["-in", key, "-out", path]
        try Self.openssl(["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:\(passphrase)"] + files)
        return path
    }

    /// A file with `text` in it; returns its path.
    package func file(_ name: String, _ text: String) throws -> String {
        let path = folder.file(name)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o600)
        return path
    }

    private static let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    private static func authority(_ name: String, _ common: String, in folder: TemporaryFolder) throws -> Pair {
        let pair = Pair(certificate: folder.file("\(name).crt"), key: folder.file("\(name).key"))
        let subject = ["-days", "30", "-subj", "/CN=\(common)", "-keyout", pair.key, "-out", pair.certificate]
        try openssl(["req", "-x509"] + curve + subject)
        return pair
    }

    private static func make(
        _ name: String,
        _ folder: TemporaryFolder,
        by signer: Pair,
        names: String,
        days: Int = 30
    ) throws -> Pair {
        let pair = Pair(certificate: folder.file("\(name).crt"), key: folder.file("\(name).key"))
        let request = folder.file("\(name).csr")
        let subject = ["-subj", "/CN=\(name)", "-addext", "subjectAltName=\(names)"]
        try openssl(["req"] + curve + subject + ["-keyout", pair.key, "-out", request])
        let signed = ["-in", request, "-out", pair.certificate, "-copy_extensions", "copy", "-days", "\(days)"]
        let serial = ["-set_serial", "\(Int.random(in: 1...(1 << 40)))"]
        try openssl(["x509", "-req", "-CA", signer.certificate, "-CAkey", signer.key] + signed + serial)
        return pair
    }

    private static func openssl(_ arguments: [String]) throws {
        let run = try ProgramRun(path: "/usr/bin/openssl", arguments: arguments, timeout: 60)
        guard run.code == 0 else { throw RedisServerError(description: "openssl \(arguments): \(run.errors)") }
    }
}

/// How a server speaks TLS, on a port beside its plain one.
package struct RedisTLS: Sendable {
    package var pair: TestCertificates.Pair
    /// Whose clients it takes.
    package var authorities: String
    package var asksForCertificate = true
    /// Further lines of redis.conf.
    package var settings: [String] = []

    package init(
        _ certificates: TestCertificates,
        pair: TestCertificates.Pair? = nil,
        asksForCertificate: Bool = true
    ) {
        self.pair = pair ?? certificates.server
        authorities = certificates.authority.certificate
        self.asksForCertificate = asksForCertificate
    }

    func configuration(port: Int) -> [String] {
        [
            "tls-port \(port)", "tls-cert-file \(pair.certificate)", "tls-key-file \(pair.key)",
            "tls-ca-cert-file \(authorities)", "tls-auth-clients \(asksForCertificate ? "yes" : "no")",
        ] + settings
    }
}

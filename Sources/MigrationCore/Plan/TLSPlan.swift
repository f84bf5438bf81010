/// How connections to one side are encrypted: paths and names, never a secret.
package struct TLSPlan: Codable, Hashable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case authorities = "cacert"
        case certificate = "cert"
        case key
        case keyPassphrase = "key_passphrase"
        case serverName = "sni"
        case isInsecure = "insecure"
        case minimum = "tls_min"
    }

    /// The oldest version that may be agreed upon.
    package enum Version: String, Codable, CaseIterable, Sendable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    package static let defaultMinimum = Version.tls12

    /// A file or a folder of certificates, an absolute path; nil for the system's.
    package var authorities: String?
    /// The client's certificate, an absolute path; with `key` or not at all.
    package var certificate: String?
    package var key: String?
    /// Where the key's passphrase comes from.
    package var keyPassphrase: SecretReference?
    /// The name that the server's certificate must have; nil for the address's host.
    package var serverName: String?
    /// The server's certificate is not looked at.
    package var isInsecure: Bool
    package var minimum: Version

    package init(
        authorities: String? = nil,
        certificate: String? = nil,
        key: String? = nil,
        keyPassphrase: SecretReference? = nil,
        serverName: String? = nil,
        isInsecure: Bool = false,
        minimum: Version = Self.defaultMinimum
    ) {
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.keyPassphrase = keyPassphrase
        self.serverName = serverName
        self.isInsecure = isInsecure
        self.minimum = minimum
    }

    /// Half of a pair proves nothing to a server.
    ///
    /// - Parameter side: `source` or `target`.
    package func check(side: String) throws(PlanError) {
        if (certificate == nil) != (key == nil) {
            let (given, missing) = certificate == nil ? ("key", "cert") : ("cert", "key")
            throw .invalidTLS("--\(side)-\(given) needs --\(side)-\(missing), the other half of the pair")
        }
        if keyPassphrase != nil, key == nil {
            throw .invalidTLS("a passphrase was given without the key that it opens: add --\(side)-key")
        }
    }
}

extension ServerPlan {
    /// What an operator should know as long as it is so; nil where certificates are verified.
    ///
    /// - Parameter role: `source` or `target`.
    package func insecureRemark(_ role: String) -> String? {
        guard tls?.isInsecure == true else { return nil }
        return "the certificate of the \(role) \(address) is not verified (--\(role)-insecure): "
            + "whoever is between can read and change everything"
    }
}

extension MigrationPlan {
    /// Of both sides.
    package var insecureRemarks: [String] {
        [source.insecureRemark("source"), target.insecureRemark("target")].compactMap(\.self)
    }
}

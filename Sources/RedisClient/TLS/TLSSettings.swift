/// How connections to one side are encrypted. The passphrase is here and nowhere else; it is never printed.
package struct TLSSettings: Sendable, CustomStringConvertible, CustomReflectable {
    package enum Version: Sendable {
        case tls12
        case tls13
    }

    /// `source` or `target`: the options that a message names begin with it.
    package let side: String
    /// A file of certificates, or a folder of such files; nil for the system's.
    package let authorities: String?
    /// The client's certificate and those between it and its authority.
    package let certificate: String?
    package let key: String?
    package let passphrase: String?
    /// The name that the server's certificate must have, and that is sent as SNI; nil for the host of the address.
    package let serverName: String?
    /// Any certificate of the server will do.
    package let isInsecure: Bool
    package let minimum: Version

    package init(
        side: String,
        authorities: String? = nil,
        certificate: String? = nil,
        key: String? = nil,
        passphrase: String? = nil,
        serverName: String? = nil,
        isInsecure: Bool = false,
        minimum: Version = .tls12
    ) {
        self.side = side
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.passphrase = passphrase
        self.serverName = serverName
        self.isInsecure = isInsecure
        self.minimum = minimum
    }

    package var description: String { "TLS of the \(side)" }

    package var customMirror: Mirror { Mirror(self, children: []) }

    func option(_ name: String) -> String { "--\(side)-\(name)" }
}

import FoundationEssentials
import MigrationCore

/// How connections to one server are encrypted, where its address is `rediss://`.
public struct TLSSettings: Sendable {
    public enum Version: Sendable {
        case tls12
        case tls13
    }

    /// A PEM file of CA certificates, or a folder of such files; nil for the system's. Files that are replaced count for
    /// connections that are opened afterwards, here and below.
    public var caCertificates: String?
    /// The client's certificate, a PEM file; together with `key`.
    public var certificate: String?
    public var key: String?
    /// Never written anywhere.
    public var keyPassphrase: String?
    /// The name that the server's certificate must have, if not the host in the address.
    public var serverName: String?
    /// Whether any certificate of the server will do: whoever is between can then read and change everything.
    public var isInsecure: Bool
    public var minimum: Version

    public init(
        caCertificates: String? = nil,
        certificate: String? = nil,
        key: String? = nil,
        keyPassphrase: String? = nil,
        serverName: String? = nil,
        isInsecure: Bool = false,
        minimum: Version = .tls12
    ) {
        self.caCertificates = caCertificates
        self.certificate = certificate
        self.key = key
        self.keyPassphrase = keyPassphrase
        self.serverName = serverName
        self.isInsecure = isInsecure
        self.minimum = minimum
    }
}

extension TLSSettings {
    /// What is written down: all but the passphrase, with paths that hold for other processes too.
    var core: TLSPlan {
        TLSPlan(
            authorities: caCertificates.map(Self.absolute),
            certificate: certificate.map(Self.absolute),
            key: key.map(Self.absolute),
            // Like a password it lives only as long as this process.
            keyPassphrase: keyPassphrase == nil ? nil : .url,
            serverName: serverName,
            isInsecure: isInsecure,
            minimum: minimum == .tls13 ? .tls13 : .tls12
        )
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}

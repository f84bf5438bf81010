/// Why there is no TLS with a server: in words that end a sentence about it. Never a passphrase.
package struct TLSFault: Error, Equatable, Sendable {
    package enum Kind: Sendable {
        /// A file of this side, its passphrase, or a name.
        case settings
        /// The server's certificate proves nothing.
        case server
        /// The server does not take this side's certificate, or misses one.
        case client
        /// One side speaks no TLS, or none that the other knows.
        case protocolMismatch
    }

    package let kind: Kind
    package let reason: String
    /// The server has been talked to with the same settings: certificates are being replaced there or here, and trying
    /// again may help.
    package var mayPass = false

    init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// What a server begins an alert of TLS with.
    static let alertByte: UInt8 = 0x15

    /// A plain client was answered by an alert.
    static let portSpeaksTLS = TLSFault(.protocolMismatch, "that port speaks TLS: write rediss://")
}

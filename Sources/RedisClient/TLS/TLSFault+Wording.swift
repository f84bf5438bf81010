import NIOCore
import NIOSSL

extension TLSFault {
    /// What BoringSSL, or the socket below it, says of a connection that is to be encrypted. Nil for what is no matter of
    /// TLS: a connection that was only closed after it had been agreed upon.
    ///
    /// - Parameter host: Of the address, for the name that was expected.
    init?(_ error: any Error, _ settings: TLSSettings, host: String) {
        if let fault = error as? TLSFault {
            self = fault
            return
        }
        if let error = error as? NIOSSLExtraError {
            self = Self.name(error, settings, host)
            return
        }
        guard error is NIOSSLError || error is BoringSSLError else { return nil }
        let text = "\(error)"
        let fault = Self.ofServer(text) ?? Self.ofAlert(text, settings) ?? Self.ofProtocol(text, settings)
        guard let fault else { return nil }
        self = fault
    }

    private static func name(_ error: NIOSSLExtraError, _ settings: TLSSettings, _ host: String) -> TLSFault {
        let option = settings.option("sni")
        let name = settings.serverName ?? host
        switch error {
        case .failedToValidateHostname, .serverHostnameImpossibleToMatch:
            return TLSFault(
                .server,
                "its certificate is not made out for \(name); give a name that stands in it with \(option)"
            )
        default:
            return TLSFault(.settings, "'\(name)' cannot be the name in a certificate; give another with \(option)")
        }
    }

    private static func ofServer(_ text: String) -> TLSFault? {
        guard text.contains("CERTIFICATE_VERIFY_FAILED") else { return nil }
        return TLSFault(.server, "its certificate cannot be verified")
    }

    /// Alerts of the server, RFC 8446, section 6.2; OpenSSL answers a missing certificate with a handshake failure where
    /// TLS 1.2 was agreed upon.
    private static func ofAlert(_ text: String, _ settings: TLSSettings) -> TLSFault? {
        let options = "\(settings.option("cert")) and \(settings.option("key"))"
        if text.contains("ALERT_CERTIFICATE_REQUIRED")
            || (settings.certificate == nil && text.contains("ALERT_HANDSHAKE_FAILURE"))
        {
            return TLSFault(.client, "it asks for a client certificate; give one with \(options)")
        }
        guard let word = alertsOfCertificates.first(where: { text.contains("ALERT_\($0)") }) else { return nil }
        let alert = word.lowercased().replacing("_", with: " ")
        return TLSFault(.client, "it does not accept the client certificate (\(alert)); give another with \(options)")
    }

    private static let alertsOfCertificates = [
        "UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "CERTIFICATE_UNKNOWN",
        "UNSUPPORTED_CERTIFICATE", "ACCESS_DENIED", "DECRYPT_ERROR",
    ]

    private static func ofProtocol(_ text: String, _ settings: TLSSettings) -> TLSFault? {
        if text.contains("ALERT_PROTOCOL_VERSION") || text.contains("UNSUPPORTED_PROTOCOL") {
            let option = settings.option("tls-min")
            let reason = "it speaks no version of TLS that is allowed; lower \(option), or update it"
            return TLSFault(.protocolMismatch, reason)
        }
        if ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "EOF during handshake"].contains(where: { text.contains($0) }) {
            return noTLS("it answered with something else")
        }
        guard text.contains("handshakeFailed") else { return nil }
        return TLSFault(.protocolMismatch, "the handshake failed: \(Self.short(text))")
    }

    /// To a server that does not answer like one that speaks TLS.
    static func noTLS(_ what: String) -> TLSFault {
        TLSFault(
            .protocolMismatch,
            "that port does not seem to speak TLS: \(what); give its TLS port, or write redis://"
        )
    }

    /// The words behind the last colon of BoringSSL's first error: `NO_SHARED_CIPHER`.
    private static func short(_ text: String) -> String {
        guard let name = text.split(separator: "OPENSSL_internal:").dropFirst().first else { return text }
        return name.prefix { $0 != " " }.lowercased().replacing("_", with: " ")
    }
}

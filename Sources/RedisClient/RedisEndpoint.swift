import NIOCore

/// How to reach one server and as whom. The password is here and nowhere else; it is never printed.
package struct RedisEndpoint: Sendable, CustomStringConvertible, CustomReflectable {
    /// Gives a password that counts now; throws in words that end a sentence about it.
    package typealias PasswordSource = @Sendable () async throws(PasswordFault) -> String

    /// Why there is no password.
    package struct PasswordFault: Error {
        package let reason: String

        package init(_ reason: String) { self.reason = reason }
    }

    package let host: String
    package let port: Int
    package let username: String?
    package let password: String?
    /// Asked before each login, in the place of `password`.
    package let passwordSource: PasswordSource?
    /// Nil where nothing is encrypted.
    package let tls: TLSTransport?
    package let pulse = ConnectionPulse()

    package init(
        host: String,
        port: Int,
        username: String? = nil,
        password: String? = nil,
        passwordSource: PasswordSource? = nil,
        tls: TLSTransport? = nil
    ) {
        self.host = host
        self.port = port
        self.username = username
        self.password = password
        self.passwordSource = passwordSource
        self.tls = tls
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

import NIOCore

/// How to reach one server and as whom. The password is here and nowhere else; it is never printed.
package struct RedisEndpoint: Sendable, CustomStringConvertible, CustomReflectable {
    package let host: String
    package let port: Int
    package let username: String?
    package let password: String?
    /// Nil where nothing is encrypted.
    package let tls: TLSTransport?
    package let pulse = ConnectionPulse()

    package init(
        host: String,
        port: Int,
        username: String? = nil,
        password: String? = nil,
        tls: TLSTransport? = nil
    ) {
        self.host = host
        self.port = port
        self.username = username
        self.password = password
        self.tls = tls
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

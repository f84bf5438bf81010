import RESP

/// A line of `CLIENT LIST` (Redis documentation of that command): one connection.
package struct ClientInfo: Equatable, Sendable {
    package let id: Int
    /// `ip:port` of the client.
    package let address: String
    package let user: String
    /// What CLIENT SETNAME gave it; empty where nothing did.
    package let name: String
    /// `b` in it: waits in a blocking command.
    package let flags: String
    /// The last or current command, `blpop` or `client|list`.
    package let command: String

    /// Reads the `name=value` words of a line; nil where the id is missing.
    ///
    /// By its bytes, and only what is used of it: a cutover reads the lists of servers with thousands of connections while
    /// the tenant waits.
    package init?(line: some StringProtocol) {
        var (id, address, user, name, flags, command) = (Int?.none, "?", "default", "", "", "")
        let utf8 = line.utf8
        var start = utf8.startIndex
        while start != utf8.endIndex {
            let end = utf8[start...].firstIndex(of: UInt8(ascii: " ")) ?? utf8.endIndex
            if let equals = utf8[start..<end].firstIndex(of: UInt8(ascii: "=")) {
                let key = utf8[start..<equals]
                var value: String { String(decoding: utf8[utf8.index(after: equals)..<end], as: UTF8.self) }
                if key.elementsEqual("id".utf8) {
                    id = Int(value)
                } else if key.elementsEqual("addr".utf8) {
                    address = value
                } else if key.elementsEqual("user".utf8) {
                    user = value
                } else if key.elementsEqual("name".utf8) {
                    name = value
                } else if key.elementsEqual("flags".utf8) {
                    flags = value
                } else if key.elementsEqual("cmd".utf8) {
                    command = value
                }
            }
            start = end == utf8.endIndex ? end : utf8.index(after: end)
        }
        guard let id else { return nil }
        (self.id, self.address, self.user) = (id, address, user)
        (self.name, self.flags, self.command) = (name, flags, command)
    }

    package static func list(_ text: String) -> [ClientInfo] {
        text.utf8.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            .compactMap { ClientInfo(line: Substring($0)) }
    }

    /// Whether the connection waits in a command that will change a key when something arrives. WAIT and XREAD wait
    /// too, and change nothing.
    package var waitsToWrite: Bool {
        flags.contains("b") && !["wait", "waitaof", "xread"].contains(command.lowercased())
    }

    /// A replica's or the tool's own feed: it receives what others wrote.
    package var isReplica: Bool { flags.contains("S") || flags.contains("M") }

    /// Where from, as whom, and what it did last.
    package var summary: String { "\(address) (user \(user), \(command))" }
}

extension ClientInfo {
    /// Whether the last command changed nothing. The tool's own connections to a source run only these.
    package var onlyReads: Bool { Self.reading.contains(String(command.prefix { $0 != "|" }).lowercased()) }

    private static let reading: Set<String> = [
        "", "null", "acl", "auth", "client", "command", "dbsize", "dump", "echo", "exists", "get", "hello", "hgetall",
        "hscan", "info", "lrange", "memory", "mget", "object", "pexpiretime", "ping", "psubscribe", "psync", "pttl",
        "pubsub", "randomkey", "replconf", "role", "scan", "select", "smembers", "sscan", "strlen", "subscribe", "time",
        "ttl", "type", "xinfo", "xpending", "xrange", "zrange", "zscan",
    ]
}

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
    package init?(line: some StringProtocol) {
        var values: [String: String] = [:]
        for word in line.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        guard let id = values["id"].flatMap({ Int($0) }) else { return nil }
        self.id = id
        address = values["addr"] ?? "?"
        user = values["user"] ?? "default"
        name = values["name"] ?? ""
        flags = values["flags"] ?? ""
        command = values["cmd"] ?? ""
    }

    package static func list(_ text: String) -> [ClientInfo] {
        text.split(whereSeparator: \.isNewline).compactMap { ClientInfo(line: $0) }
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

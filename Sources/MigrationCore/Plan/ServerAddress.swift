import RESP

/// Where a server listens and as whom to log in; never the password.
package struct ServerAddress: Codable, Hashable, Sendable {
    package static let defaultPort = 6379

    package var host: String
    package var port: Int
    package var username: String?
    /// The database named in the URL's path, which narrows the migration to it.
    package var database: Int?

    package init(host: String, port: Int = ServerAddress.defaultPort, username: String? = nil, database: Int? = nil) {
        self.host = host
        self.port = port
        self.username = username
        self.database = database
    }
}

extension ServerAddress: CustomStringConvertible {
    /// `host:port`, with an IPv6 host in brackets.
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// An address as an operator writes it. The password is kept apart, so that it cannot travel by accident.
package struct ServerURL: Sendable {
    package let address: ServerAddress
    package let password: String?
    /// Whether it is `rediss://`; nil where no scheme says.
    package let isEncrypted: Bool?

    /// Reads `host:port`, `host`, `[v6]:port`, `redis://`, `rediss://` or `ferrite://`, each with optional
    /// `user:password@` and `/db`.
    package init(_ text: String) throws(PlanError) {
        var rest = Substring(text)
        var isEncrypted: Bool?
        if let scheme = rest.range(of: "://") {
            switch rest[..<scheme.lowerBound].lowercased() {
            case "redis", "ferrite", "tcp": isEncrypted = false
            case "rediss": isEncrypted = true
            default:
                let reason = "the scheme must be redis://, rediss:// or ferrite://"
                throw .invalidAddress(Self.withoutPassword(text), reason)
            }
            rest = rest[scheme.upperBound...]
        }
        var username: String?
        var password: String?
        if let at = rest.lastIndex(of: "@") {
            (username, password) = try Self.login(rest[..<at], in: text)
            rest = rest[rest.index(after: at)...]
        }
        let database = try Self.takeDatabase(&rest, in: text)
        let (host, port) = try Self.hostAndPort(rest, in: text)
        self.address = ServerAddress(host: host, port: port, username: username, database: database)
        self.password = password
        self.isEncrypted = isEncrypted
    }

    /// Several addresses of one server, where it may fail over: the first has the user, the password and the database,
    /// and all are encrypted or none.
    package static func list(_ text: String) throws(PlanError) -> [ServerURL] {
        var urls: [ServerURL] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            urls.append(try ServerURL(String(part.drop { $0 == " " })))
        }
        let isEncrypted = urls[0].isEncrypted ?? false
        if let other = urls.dropFirst().first(where: { ($0.isEncrypted ?? isEncrypted) != isEncrypted }) {
            throw .invalidAddress("\(other.address)", "either all addresses of a server are rediss:// or none")
        }
        return urls
    }

    private static func login(
        _ text: Substring,
        in url: String
    ) throws(PlanError) -> (username: String?, password: String?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let decoded = parts.map { percentDecoded($0) }
        guard decoded.allSatisfy({ $0 != nil }) else {
            throw .invalidAddress(withoutPassword(url), "a %-escape before the @ is malformed")
        }
        let username = decoded[0].flatMap { $0.isEmpty ? nil : $0 }
        return (username, decoded.count > 1 ? decoded[1] : nil)
    }

    private static func takeDatabase(_ rest: inout Substring, in url: String) throws(PlanError) -> Int? {
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        let path = rest[rest.index(after: slash)...]
        rest = rest[..<slash]
        if path.isEmpty { return nil }
        guard let database = Int(path), database >= 0, database < 1 << 31 else {
            throw .invalidAddress(withoutPassword(url), "the database after '/' must be a number")
        }
        return database
    }

    private static func hostAndPort(_ text: Substring, in url: String) throws(PlanError) -> (String, Int) {
        let (host, port) = try parts(text, in: url)
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace }) else {
            throw .invalidAddress(withoutPassword(url), "the host is missing")
        }
        guard let port else { return (String(host), ServerAddress.defaultPort) }
        guard let number = Int(port), (1...65535).contains(number) else {
            throw .invalidAddress(withoutPassword(url), "the port must be a number from 1 to 65535")
        }
        return (String(host), number)
    }

    /// An IPv6 host stands in brackets, because its last group would read as a port.
    private static func parts(_ text: Substring, in url: String) throws(PlanError) -> (Substring, port: Substring?) {
        guard text.hasPrefix("[") else {
            guard let colon = text.firstIndex(of: ":") else { return (text, nil) }
            let port = text[text.index(after: colon)...]
            guard !port.contains(":") else {
                throw .invalidAddress(withoutPassword(url), "an IPv6 address must stand in brackets: [::1]:6379")
            }
            return (text[..<colon], port)
        }
        guard let close = text.firstIndex(of: "]") else {
            throw .invalidAddress(withoutPassword(url), "the ']' after the IPv6 address is missing")
        }
        let after = text[text.index(after: close)...]
        guard after.isEmpty || after.hasPrefix(":") else {
            throw .invalidAddress(withoutPassword(url), "only ':' and a port may follow the ']'")
        }
        return (text[..<close].dropFirst(), after.isEmpty ? nil : after.dropFirst())
    }

    private static func withoutPassword(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@") else { return url }
        return "…@" + url[url.index(after: at)...]
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(hexadecimal: rest.prefix(2)) else { return nil }
            bytes.append(value)
            rest.removeFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension Substring {
    /// The first place of `needle`; the standard library has it only with Foundation.
    fileprivate func range(of needle: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}

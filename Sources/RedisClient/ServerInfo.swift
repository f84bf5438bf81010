import RESP

/// A reply to INFO: `name:value` lines (Redis INFO documentation).
package struct ServerInfo: Sendable {
    private var fields: [Substring: Substring] = [:]

    package init(_ reply: RESPValue) {
        for line in (reply.text ?? "").split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"), !line.hasPrefix("#") else { continue }
            fields[line[..<colon]] = line[line.index(after: colon)...]
        }
    }

    package subscript(name: String) -> String? {
        fields[Substring(name)].map(String.init)
    }

    package func integer(_ name: String) -> Int? {
        fields[Substring(name)].flatMap { Int($0) }
    }

    /// Keys in each database that has any, from `dbN:keys=…,expires=…`.
    package var keysByDatabase: [Int: Int] {
        var result: [Int: Int] = [:]
        for (name, value) in fields where name.hasPrefix("db") {
            guard let database = Int(name.dropFirst(2)), value.hasPrefix("keys=") else { continue }
            result[database] = Int(value.dropFirst(5).prefix { $0 != "," })
        }
        return result
    }
}

/// What INFO answers: `key:value` lines under `# Section` headings.
package struct ServerInfo: Equatable, Sendable {
    private let values: [String: String]

    package init(_ text: String) {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            values[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        self.values = values
    }

    package subscript(key: String) -> String? { values[key] }

    /// The fields whose names begin so, without that beginning.
    package func fields(after prefix: String) -> [String: String] {
        Dictionary(
            values.compactMap { key, value in
                key.hasPrefix(prefix) ? (String(key.dropFirst(prefix.count)), value) : nil
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    package func integer(_ key: String) -> Int? { values[key].flatMap { Int($0) } }

    /// The databases that hold keys, in order, with their number of keys (`db0:keys=1,expires=0,avg_ttl=0`).
    package var databases: [(number: Int, keys: Int)] {
        values.compactMap { key, value -> (number: Int, keys: Int)? in
            guard key.hasPrefix("db"), let number = Int(key.dropFirst(2)), value.hasPrefix("keys=") else { return nil }
            return Int(value.dropFirst(5).prefix { $0 != "," }).map { (number, $0) }
        }
        .sorted { $0.number < $1.number }
    }

    /// The databases in which no key has an expiry.
    package var databasesWithoutExpiry: Set<Int> {
        Set(
            values.compactMap { key, value -> Int? in
                guard key.hasPrefix("db"), value.contains(",expires=0,") || value.hasSuffix(",expires=0") else {
                    return nil
                }
                return Int(key.dropFirst(2))
            }
        )
    }
}

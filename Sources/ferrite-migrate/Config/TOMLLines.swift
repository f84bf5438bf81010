/// Finds the line of a key: TOMLKit knows places only of what it cannot parse. A key written in another way than
/// `[table]` and `key =` has no line.
struct TOMLLines {
    private var lines: [String: Int] = [:]

    init(_ text: String, table: String) {
        var current = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let trimmed = line.drop { $0 == " " || $0 == "\t" }
            if trimmed.hasPrefix("[") {
                current = String(trimmed.dropFirst().prefix { $0 != "]" }).filter { $0 != " " }
            } else if current == table, let equals = trimmed.firstIndex(of: "=") {
                let key = trimmed[..<equals].filter { $0 != " " && $0 != "\t" && $0 != "\"" }
                lines[key, default: index + 1] = lines[key] ?? index + 1
            }
        }
    }

    /// Counted from 1.
    func line(of key: String) -> Int? { lines[key] }
}

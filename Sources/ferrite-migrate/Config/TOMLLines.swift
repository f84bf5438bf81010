/// The line on which each key of a TOML text stands. TOMLKit knows places only of what it cannot parse, so a text that it
/// has accepted is walked through once more, for its keys alone.
struct TOMLLines {
    private let lines: [[String]: Int]

    init(_ text: String) {
        var walk = TOMLWalk(text)
        walk.document()
        lines = walk.lines
    }

    /// Counted from 1; `key` is the whole path from the root, however it is written. A key that is written more than
    /// once, as a table's name is, has its first line; one written with an escape has none.
    func line(of key: [String]) -> Int? { lines[key] }
}

/// Skips everything but keys. The text is valid TOML 1.0, so nothing is checked; what is not valid ends early.
private struct TOMLWalk {
    private(set) var lines: [[String]: Int] = [:]
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    }

    mutating func document() {
        var table: [String] = []
        while let byte = next(after: " \t\r\n") {
            let start = index
            if byte == UInt8(ascii: "[") {
                skip("[ \t")
                table = key(in: [])
                skip("] \t")
            } else {
                pair(in: table)
            }
            if index == start { advance() }
        }
    }

    private mutating func pair(in table: [String]) {
        let path = key(in: table)
        skip("= \t")
        value(of: path)
    }

    /// A dotted key, and the path that it makes; all parts of it are noted.
    private mutating func key(in table: [String]) -> [String] {
        var path = table
        repeat {
            skip(". \t")
            let start = line
            let isQuoted = current == UInt8(ascii: "\"") || current == UInt8(ascii: "'")
            path.append(isQuoted ? string() : bare(until: ".=] \t\r\n"))
            if lines[path] == nil { lines[path] = start }
            skip(" \t")
        } while current == UInt8(ascii: ".")
        return path
    }

    private mutating func value(of path: [String]) {
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = string()
        case UInt8(ascii: "["): elements(to: "]") { walk in walk.value(of: path) }
        case UInt8(ascii: "{"): elements(to: "}") { walk in walk.pair(in: path) }
        default: _ = bare(until: ",]}#\n")
        }
    }

    private mutating func elements(to end: Unicode.Scalar, _ element: (inout TOMLWalk) -> Void) {
        advance()
        while let byte = next(after: " \t\r\n,"), byte != UInt8(ascii: end) {
            let start = index
            element(&self)
            if index == start { advance() }
        }
        advance()
    }

    /// A string of any kind. What an escape stands for is of no interest, so NUL stands for it, which no key holds.
    private mutating func string() -> String {
        guard let quote = current else { return "" }
        let three = [quote, quote, quote]
        let isLong = bytes[index...].starts(with: three)
        index += isLong ? 3 : 1
        var content: [UInt8] = []
        while let byte = current {
            if byte == quote, !isLong || bytes[index...].starts(with: three) { break }
            content.append(byte)
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                content.append(0)
                advance()
            }
            advance()
        }
        // Up to two quotes more may stand before the three that end a long string.
        var most = isLong ? 5 : 1
        while most > 0, current == quote {
            advance()
            most -= 1
        }
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func bare(until ends: StaticString) -> String {
        let start = index
        while let byte = current, !Self.contains(ends, byte) { advance() }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    /// The byte that follows those of `blanks` and comments.
    private mutating func next(after blanks: StaticString) -> UInt8? {
        skip(blanks)
        while current == UInt8(ascii: "#") {
            _ = bare(until: "\n")
            skip(blanks)
        }
        return current
    }

    private mutating func skip(_ these: StaticString) {
        while let byte = current, Self.contains(these, byte) { advance() }
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func advance() {
        if current == UInt8(ascii: "\n") { line += 1 }
        index += 1
    }

    private static func contains(_ characters: StaticString, _ byte: UInt8) -> Bool {
        characters.withUTF8Buffer { $0.contains(byte) }
    }
}

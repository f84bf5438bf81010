/// A word of a line at the prompt, without its quotes.
struct LineWord: Equatable, Sendable {
    var text: String
    /// It began with a quote: then it is a value, whatever it reads.
    var isQuoted = false
}

/// Why a line is none; columns count characters from 1, over all parts of a line that was continued.
enum LineError: Error, Equatable {
    case openQuote(column: Int)
    case noSpaceBehindQuote(column: Int)
    case notText(column: Int)
    case tooLong

    var message: String {
        switch self {
        case .openQuote(let column): "column \(column): the quote that begins here has no end"
        case .noSpaceBehindQuote(let column): "column \(column): a space must follow the closing quote"
        case .notText(let column): "column \(column): the word that begins here is not UTF-8 text, or holds a NUL"
        case .tooLong: "the line is longer than \(LineParser.limit) bytes"
        }
    }
}

/// Splits a line into words as redis-cli does (sds.c, sdssplitargs): `"…"` with `\n \r \t \b \a \\ \" \xHH`, `'…'` with
/// `\'`, and a space behind a closing quote. Besides, as in a shell: an unquoted word that begins with `#` is a comment
/// up to the line's end, and an odd number of backslashes at the end lets the line go on in the next.
struct LineParser {
    /// Bytes of a line with all its continuations.
    static let limit = 1 << 20

    private enum Place: Equatable {
        case between
        case word
        case quoted(by: UInt8, column: Int)
        /// Behind a closing quote.
        case closed
        case comment
    }

    private static let quote = UInt8(ascii: "\"")
    private static let apostrophe = UInt8(ascii: "'")
    private static let backslash = UInt8(ascii: "\\")
    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "b"): 8, UInt8(ascii: "a"): 7,
    ]

    private var words: [LineWord] = []
    private var place = Place.between
    private var bytes: [UInt8] = []
    private var isQuoted = false
    private var wordColumn = 1
    private var column = 0
    private var length = 0

    /// Reads a line, or the next part of one.
    ///
    /// - Returns: Whether it goes on in the next line.
    mutating func take(_ line: some Collection<UInt8>) throws(LineError) -> Bool {
        length += line.count
        guard length <= Self.limit else { throw .tooLong }
        let line = Array(line)
        let goesOn = Self.goesOn(line)
        try read(line.dropLast(goesOn ? 1 : 0))
        return goesOn && place != .comment
    }

    /// The words of all that was read.
    mutating func finish() throws(LineError) -> [LineWord] {
        if case .quoted(_, let column) = place { throw .openQuote(column: column) }
        if place == .word || place == .closed { try endWord() }
        return words
    }

    var isInComment: Bool { place == .comment }

    /// Whether a line ends in an odd number of backslashes.
    static func goesOn(_ line: some BidirectionalCollection<UInt8>) -> Bool {
        line.reversed().prefix { $0 == backslash }.count % 2 == 1
    }

    private mutating func read(_ line: ArraySlice<UInt8>) throws(LineError) {
        var rest = line
        while let byte = rest.popFirst() {
            if byte & 0xC0 != 0x80 { column += 1 }
            switch place {
            case .comment: return
            case .between: beginWord(byte)
            case .word: try readWord(byte)
            case .closed:
                guard Self.isSpace(byte) else { throw .noSpaceBehindQuote(column: column) }
                try endWord()
            case .quoted(by: let quote, _): readQuoted(byte, by: quote, &rest)
            }
        }
    }

    private mutating func beginWord(_ byte: UInt8) {
        guard !Self.isSpace(byte) else { return }
        guard byte != UInt8(ascii: "#") else {
            place = .comment
            return
        }
        wordColumn = max(1, column)
        isQuoted = byte == Self.quote || byte == Self.apostrophe
        place = isQuoted ? .quoted(by: byte, column: column) : .word
        if !isQuoted { bytes.append(byte) }
    }

    private mutating func readWord(_ byte: UInt8) throws(LineError) {
        switch byte {
        case Self.quote, Self.apostrophe: place = .quoted(by: byte, column: column)
        case _ where Self.isSpace(byte): try endWord()
        default: bytes.append(byte)
        }
    }

    private mutating func readQuoted(_ byte: UInt8, by quote: UInt8, _ rest: inout ArraySlice<UInt8>) {
        switch byte {
        case quote: place = .closed
        case Self.backslash where quote == Self.quote: bytes.append(escaped(&rest))
        case Self.backslash where rest.first == Self.apostrophe: bytes.append(skip(&rest))
        default: bytes.append(byte)
        }
    }

    /// What stands behind a backslash in double quotes. There is always something: a last backslash was a continuation.
    private mutating func escaped(_ rest: inout ArraySlice<UInt8>) -> UInt8 {
        guard !rest.isEmpty else { return Self.backslash }
        let byte = skip(&rest)
        if let escape = Self.escapes[byte] { return escape }
        let digits = rest.prefix(2)
        guard byte == UInt8(ascii: "x"), digits.count == 2, digits.allSatisfy(Self.isHexadecimal) else { return byte }
        for _ in digits { _ = skip(&rest) }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16) ?? byte
    }

    private mutating func skip(_ rest: inout ArraySlice<UInt8>) -> UInt8 {
        let byte = rest.removeFirst()
        if byte & 0xC0 != 0x80 { column += 1 }
        return byte
    }

    private mutating func endWord() throws(LineError) {
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw .notText(column: wordColumn)
        }
        words.append(LineWord(text: text, isQuoted: isQuoted))
        bytes.removeAll()
        place = .between
    }

    /// isspace(3) in the C locale.
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
    }
}

extension LineWord {
    /// The text as a word that the parser reads back.
    static func quoting(_ text: String, always: Bool = false) -> String {
        let special: Set<Character> = [" ", "\t", "\"", "'", "\\"]
        let isPlain = !text.isEmpty && !text.hasPrefix("#") && !text.contains(where: special.contains)
        guard always || !isPlain else { return text }
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

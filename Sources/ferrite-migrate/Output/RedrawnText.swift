/// A text on a terminal that takes the place of the one before it. The cursor stays visible and stands below it, so that
/// a program that ends at any moment leaves the terminal as it should be.
struct RedrawnText {
    private var height = 0
    private var size: TerminalSize?

    /// What is to be written. What is longer than the terminal's line goes on in the next, or is cut; lines for which there
    /// is no room are counted. The terminal itself must neither wrap nor scroll: what was there could not be found again.
    /// The last text is written as it is.
    mutating func draw(_ text: String, in size: TerminalSize, cuts: Bool = false, isLast: Bool = false) -> String {
        let start = start(in: size)
        guard !isLast else {
            height = 0
            return start + "\u{1B}[J" + text
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let rows = lines.flatMap { line in
            cuts
                ? [TerminalText.clipped(line, to: size.columns)] : TerminalText.rows(of: line, columns: size.columns)
        }
        let shown = Self.fitted(rows, to: size)
        height = shown.count
        return start + shown.map { "\u{1B}[K\($0)\n" }.joined() + "\u{1B}[J"
    }

    /// Somebody else has written below: the next text begins there.
    mutating func restart() { height = 0 }

    /// To the first line of what is there. A terminal of another size has moved it, nobody knows where.
    private mutating func start(in size: TerminalSize) -> String {
        defer { self.size = size }
        if height == 0 { return "" }
        return size == self.size ? "\u{1B}[\(height)F" : "\u{1B}[H\u{1B}[2J"
    }

    private static func fitted(_ rows: [String], to size: TerminalSize) -> [String] {
        // The cursor takes a line.
        let room = max(1, size.rows - 1)
        guard rows.count > room else { return rows }
        // A colour may be going on where the rest is left out.
        let rest = "\u{1B}[0m… and \(rows.count - room + 1) more lines"
        return rows.prefix(room - 1) + [TerminalText.clipped(rest, to: size.columns)]
    }
}

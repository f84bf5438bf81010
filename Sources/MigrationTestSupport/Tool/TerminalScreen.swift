/// What a person sees of the bytes that a program has written to a terminal: the few sequences that this program uses
/// are obeyed, and any other is noted.
package struct TerminalScreen {
    private let columns: Int
    private let rows: Int
    private var cells: [[Character]]
    private var row = 0
    private var column = 0
    /// The cursor stands behind the last column: the next character goes to the next line.
    private var isPending = false
    /// Sequences that are not known here.
    package private(set) var unknown: [String] = []
    package private(set) var isCursorVisible = true

    package init(columns: Int, rows: Int, _ text: String) {
        self.columns = columns
        self.rows = rows
        cells = Array(repeating: [], count: rows)
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character == "\u{1B}" { escape(&rest) } else { put(character) }
        }
    }

    /// Each row without the blanks at its end; the empty ones below are left out.
    package var lines: [String] {
        var lines = cells.map { line in String(line).trimmingEnd }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    private mutating func put(_ character: Character) {
        switch character {
        case "\r": (column, isPending) = (0, false)
        case "\n": lineFeed()
        case "\r\n":
            (column, isPending) = (0, false)
            lineFeed()
        default:
            if isPending {
                (column, isPending) = (0, false)
                lineFeed()
            }
            while cells[row].count <= column { cells[row].append(" ") }
            cells[row][column] = character
            if column == columns - 1 { isPending = true } else { column += 1 }
        }
    }

    private mutating func lineFeed() {
        isPending = false
        if row < rows - 1 {
            row += 1
        } else {
            cells.removeFirst()
            cells.append([])
        }
    }

    /// ECMA-48: a control sequence is `ESC [`, parameters, and a letter.
    private mutating func escape(_ rest: inout Substring) {
        guard rest.first == "[" else {
            unknown.append(String(rest.prefix(1)))
            return
        }
        rest.removeFirst()
        let parameters = rest.prefix { !$0.isLetter }
        rest.removeFirst(parameters.count)
        guard let letter = rest.popFirst() else { return }
        isPending = false
        switch (letter, parameters) {
        case ("m", _): break
        case ("F", _):
            row = max(0, row - (Int(parameters) ?? 1))
            column = 0
        case ("H", ""): (row, column) = (0, 0)
        case ("K", ""): cells[row] = Array(cells[row].prefix(column))
        case ("J", ""):
            cells[row] = Array(cells[row].prefix(column))
            for below in cells.indices where below > row { cells[below] = [] }
        case ("J", "2"): cells = Array(repeating: [], count: rows)
        case ("l", "?25"): isCursorVisible = false
        case ("h", "?25"): isCursorVisible = true
        default: unknown.append("[\(parameters)\(letter)")
        }
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        String(self[..<(lastIndex { $0 != " " }.map { index(after: $0) } ?? startIndex)])
    }
}

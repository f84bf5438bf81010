/// Of a terminal, in cells.
struct TerminalSize: Equatable {
    static let usual = TerminalSize(columns: 80, rows: 24)

    var columns: Int
    var rows: Int
}

/// Text in cells of a terminal; escape sequences for colours take none.
enum TerminalText {
    /// `line` without what is beyond `columns`; colours end with it.
    static func clipped(_ line: some StringProtocol, to columns: Int) -> String {
        let rows = rows(of: line, columns: columns)
        guard rows.count > 1 else { return rows[0] }
        return rows[0] + (rows[0].contains("\u{1B}") ? "\u{1B}[0m" : "")
    }

    /// `line` in rows of at most `columns` cells; colours go on in the next row.
    static func rows(of line: some StringProtocol, columns: Int) -> [String] {
        var rows = [""]
        var width = 0
        var isEscape = false
        for character in line {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape {
                let cells = cells(character)
                if width + cells > columns {
                    rows.append("")
                    width = 0
                }
                width += cells
            }
            if isEscape, character == "m" { isEscape = false }
            rows[rows.count - 1].append(character)
        }
        return rows
    }

    /// East Asian characters and pictures take two (Unicode Standard Annex 11).
    private static func cells(_ character: Character) -> Int {
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0x1F300...0x1FAFF, 0x20000...0x3FFFD,
        ]
        guard let first = character.unicodeScalars.first else { return 0 }
        return wide.contains { $0.contains(first.value) } ? 2 : 1
    }
}

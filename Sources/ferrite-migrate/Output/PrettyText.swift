/// Aligned text for a terminal.
struct PrettyText {
    let style: TextStyle

    /// One field a line: label, then value.
    func lines(_ fields: [OutputField]) -> String {
        let shown = PlainText.people(fields).map { (label: Self.label($0.name), value: $0.value) }
        let width = shown.map(\.label.count).max() ?? 0
        return shown.map { field in
            style.paint(Self.padded(field.label, to: width), .dim) + "  " + value(field.value) + "\n"
        }.joined()
    }

    /// One row for each element, under the fields' names; numbers stand to the right. Where the rows are longer than
    /// `columns`, texts are cut, and where that is not enough columns are left out.
    func table(_ rows: [[OutputField]], columns: Int? = nil) -> String {
        guard let first = rows.first else { return "" }
        var names = PlainText.people(first).map(\.name)
        func cells(_ name: String) -> [OutputValue] {
            rows.map { row in row.first { $0.name == name }?.value ?? .text("") }
        }
        func width(_ name: String) -> Int {
            max(Self.label(name).count, cells(name).map { Self.text($0).count }.max() ?? 0)
        }
        if let columns { names = Self.shown(names, to: columns, width) }
        let natural = names.map(width)
        let widths = columns.map { Self.fitted(natural, names, to: $0) } ?? natural
        let cells = rows.indices.map { row in names.map { cells($0)[row] } }
        let header = names.indices.map { column in
            Self.padded(Self.label(names[column]), to: widths[column], right: Self.isNumber(cells[0][column]))
        }
        let body = cells.map { row in
            row.indices.map { column in
                let cut = Self.cut(Self.text(row[column]), to: widths[column])
                let text = Self.padded(cut, to: widths[column], right: Self.isNumber(row[column]))
                return style.paint(text, Self.colour(row[column]))
            }.joined(separator: "  ")
        }
        return ([style.paint(header.joined(separator: "  "), .dim)] + body).map { $0 + "\n" }.joined()
    }

    /// Columns that may be cut and how far, in that order. An id or a number is of no use in part.
    private static let flexible: [(name: String, least: Int)] = [
        ("note", 12), ("target", 12), ("source", 12), ("tenant", 8),
    ]

    /// Columns that a narrow terminal goes without, in that order. Which migration it is, its phase and its lag stay.
    private static let dispensable = ["source", "target", "keys_synced", "note", "progress", "tenant"]

    /// The columns for which there is room, however far texts are cut.
    private static func shown(_ names: [String], to columns: Int, _ width: (String) -> Int) -> [String] {
        var names = names
        let least = Dictionary(flexible.map { ($0.name, $0.least) }) { first, _ in first }
        for name in dispensable {
            let needed = names.reduce(2 * (names.count - 1)) { $0 + min(width($1), least[$1] ?? .max) }
            guard needed > columns else { break }
            names.removeAll { $0 == name }
        }
        return names
    }

    /// The widths, made smaller until a row fits; as far as that goes.
    private static func fitted(_ widths: [Int], _ names: [String], to columns: Int) -> [Int] {
        var widths = widths
        var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - columns
        for (name, least) in flexible where excess > 0 {
            guard let column = names.firstIndex(of: name) else { continue }
            let taken = min(excess, max(0, widths[column] - least))
            widths[column] -= taken
            excess -= taken
        }
        return widths
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.count > width ? text.prefix(max(0, width - 1)) + "…" : text
    }

    func value(_ value: OutputValue) -> String {
        if case .percent(let percent) = value {
            return Self.text(value) + " " + style.paint(Self.bar(percent, width: 20), .cyan)
        }
        return style.paint(Self.text(value), Self.colour(value))
    }

    /// A bar of `width` cells.
    static func bar(_ percent: Double, width: Int) -> String {
        let filled = max(0, min(width, Int(percent / 100 * Double(width))))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }

    private static func text(_ value: OutputValue) -> String {
        if case .number(let number) = value { PlainText.grouped(number) } else { PlainText.value(value) }
    }

    private static func label(_ name: String) -> String {
        name.replacing("_", with: " ")
    }

    private static func padded(_ text: String, to width: Int, right: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return right ? padding + text : text + padding
    }

    private static func isNumber(_ value: OutputValue) -> Bool {
        switch value {
        case .number, .decimal, .exact, .percent: true
        case .text, .state, .flag, .date, .array, .object: false
        }
    }

    private static func colour(_ value: OutputValue) -> TextStyle.Colour? {
        switch value {
        case .state(let word): TextStyle.colour(ofState: word)
        case .flag(let flag): TextStyle.colour(ofState: flag ? "true" : "false")
        default: nil
        }
    }
}

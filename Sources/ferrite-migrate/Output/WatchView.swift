import MigrationCore

/// A status that is shown again and again: in its place on a terminal, as a line for each change elsewhere.
struct WatchView {
    static let interval = Duration.milliseconds(500)

    private let context: CommandContext
    private var shown: [MigrationStatus] = []
    private var lines = 0

    init(_ context: CommandContext) {
        self.context = context
    }

    mutating func show(_ status: MigrationStatus) {
        update([status]) { renderer in renderer.report(status.fields) }
    }

    mutating func show(_ statuses: [MigrationStatus]) {
        update(statuses) { renderer in renderer.list(statuses.map(\.shortFields)) }
    }

    private mutating func update(_ statuses: [MigrationStatus], _ render: (Renderer) -> String) {
        if context.console.outputIsTerminal, context.renderer.format == .pretty {
            redraw(render(context.renderer))
        } else {
            for status in statuses where !shown.contains(where: { $0.isSame(as: status) }) {
                context.console.output(context.renderer.line(status.shortFields))
            }
        }
        shown = statuses
    }

    /// Writes over what was shown before.
    private mutating func redraw(_ text: String) {
        let up = lines > 0 ? "\u{1B}[\(lines)F\u{1B}[J" : ""
        context.console.output(up + text)
        lines = Self.rows(of: text, columns: context.console.columns)
    }

    /// The rows of the terminal that a text takes: a line that is too long takes several, and colours take none.
    static func rows(of text: String, columns: Int) -> Int {
        text.split(separator: "\n").reduce(0) { rows, line in
            var width = 0
            var isEscape = false
            for character in line {
                if character == "\u{1B}" { isEscape = true }
                if !isEscape { width += 1 }
                if character == "m" { isEscape = false }
            }
            return rows + max(1, (width + columns - 1) / columns)
        }
    }
}

extension MigrationStatus {
    /// Nothing to tell again: only time has passed.
    fileprivate func isSame(as other: MigrationStatus) -> Bool {
        var other = other
        other.updatedAt = updatedAt
        other.estimatedCompletion = estimatedCompletion
        return self == other
    }
}

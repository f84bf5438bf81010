import MigrationCore

/// A status that is shown again and again: in its place on a terminal, as a line for each change elsewhere.
struct WatchView {
    static let interval = Duration.milliseconds(500)

    private let context: CommandContext
    private var shown: [MigrationStatus] = []
    private var drawn = RedrawnText()
    private var spokenLines = 0

    init(_ context: CommandContext) {
        self.context = context
    }

    mutating func show(_ status: MigrationStatus, isLast: Bool) {
        update([status], as: context.renderer.format, cuts: false, isLast) { renderer in
            renderer.report(status.fields)
        }
    }

    mutating func show(_ statuses: [MigrationStatus], isLast: Bool) {
        // The columns of a table stay below each other.
        update(statuses, as: context.renderer.listFormat, cuts: true, isLast) { renderer in
            renderer.list(statuses.map(\.shortFields))
        }
    }

    private mutating func update(
        _ statuses: [MigrationStatus],
        as format: OutputFormat,
        cuts: Bool,
        _ isLast: Bool,
        _ render: (Renderer) -> String
    ) {
        let console = context.console
        if console.outputIsTerminal, context.canRedraw, format == .pretty {
            if console.spokenLines != spokenLines { drawn.restart() }
            spokenLines = console.spokenLines
            let size = console.outputSize ?? .usual
            console.output(drawn.draw(render(context.renderer), in: size, cuts: cuts, isLast: isLast))
        } else {
            for status in statuses where !shown.contains(where: { $0.isSame(as: status) }) {
                console.output(context.renderer.line(status.shortFields))
            }
        }
        shown = statuses
    }
}

extension MigrationStatus {
    /// Nothing to tell again: only time has passed.
    fileprivate func isSame(as other: MigrationStatus) -> Bool {
        var other = other
        other.updatedAt = updatedAt
        other.estimatedCompletion = estimatedCompletion
        other.measured = measured
        return self == other
    }
}

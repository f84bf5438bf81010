import FoundationEssentials
import MigrationCore

/// Shows a migration of this process on standard error: a bar in its place on a terminal, else a line every few
/// seconds and at every change of phase.
struct ProgressView {
    static let interval = Duration.milliseconds(250)
    private static let lineInterval = 5.0

    private let console: Console
    private let style: TextStyle
    private var meter = RateMeter()
    private var lastPhase: MigrationPhase?
    private var lastLine: Date?

    init(_ context: CommandContext) {
        console = context.console
        style = TextStyle(isTerminal: console.errorIsTerminal, environment: context.environment)
    }

    mutating func show(_ status: MigrationStatus, at now: Date) {
        let rate = meter.rate(keys: status.keysSynced, at: now.timeIntervalSince1970)
        let line = ProgressLine(status: status, rate: rate, now: now)
        if console.errorIsTerminal {
            console.error("\r" + line.bar(columns: console.columns, style: style) + "\u{1B}[K")
        } else if isDue(status.phase, now) {
            console.error(line.plain + "\n")
            lastPhase = status.phase
            lastLine = now
        }
    }

    /// Leaves the line of the bar.
    func end() {
        if console.errorIsTerminal { console.error("\n") }
    }

    private func isDue(_ phase: MigrationPhase, _ now: Date) -> Bool {
        guard phase == lastPhase, let lastLine else { return true }
        return now.timeIntervalSince(lastLine) >= Self.lineInterval
    }
}

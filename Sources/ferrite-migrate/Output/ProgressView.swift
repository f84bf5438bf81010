import FoundationEssentials
import MigrationCore

/// Shows a migration on standard error: a bar in its place on a terminal, else a line every few seconds and at every
/// change of phase; nothing with `--quiet`, and nothing where standard error is for programs.
struct ProgressView {
    static let interval = Duration.milliseconds(250)
    private static let lineInterval = 5.0

    private enum Manner {
        case bar
        case lines
        case none
    }

    private let console: Console
    private let style: TextStyle
    private let manner: Manner
    private var meter = RateMeter()
    private var lastPhase: MigrationPhase?
    private var lastLine: Date?

    init(_ context: CommandContext) {
        console = context.console
        let choice = context.settings.choice(.color, as: ColorChoice.self) ?? .auto
        style = TextStyle(choice, isTerminal: console.errorIsTerminal, environment: context.environment)
        if console.verbosity == .quiet || context.renderer.format == .json {
            manner = .none
        } else {
            manner = console.errorIsTerminal && context.canRedraw ? .bar : .lines
        }
    }

    mutating func show(_ status: MigrationStatus, at now: Date) {
        let rate = meter.rate(keys: status.keysSynced, at: now.timeIntervalSince1970)
        let line = ProgressLine(status: status, rate: rate, now: now)
        if status.phase != lastPhase, manner != .lines {
            console.detail("\(status.migrationID) is in phase \(status.phase.rawValue)")
        }
        switch manner {
        case .bar: console.bar(line.bar(columns: console.columns, style: style))
        case .lines where isDue(status.phase, now):
            console.error(line.plain + "\n")
            lastLine = now
        case .lines, .none: break
        }
        lastPhase = status.phase
    }

    /// Leaves the line of the bar.
    func end() { console.endBar() }

    private func isDue(_ phase: MigrationPhase, _ now: Date) -> Bool {
        guard phase == lastPhase, let lastLine else { return true }
        return now.timeIntervalSince(lastLine) >= Self.lineInterval
    }
}

import FoundationEssentials
import MigrationCore

/// One line about a migration that runs: how far, how fast, how far behind, how long still.
struct ProgressLine {
    private static let barWidth = 24

    let status: MigrationStatus
    /// Keys per second, nil while it is unknown.
    let rate: Double?
    let now: Date

    /// For a terminal: with a bar, and never longer than `columns`.
    func bar(columns: Int, style: TextStyle) -> String {
        let phase = status.phase.rawValue
        let percent = "\(Int(status.progress))%"
        let bar = PrettyText.bar(status.progress, width: Self.barWidth)
        let rest = ([percent] + details(PlainText.grouped)).joined(separator: "  ")
        let fits = phase.count + bar.count + rest.count + 2 < columns
        let text = fits ? "\(bar) \(rest)" : String(rest.prefix(max(0, columns - phase.count - 2)))
        return style.paint(phase, TextStyle.colour(ofState: phase)) + " " + text
    }

    /// For a log.
    var plain: String {
        (["\(status.phase.rawValue) \(Int(status.progress))%"] + details { String($0) }).joined(separator: ", ")
    }

    private func details(_ number: (Int) -> String) -> [String] {
        var parts = ["\(number(status.keysSynced)) of \(number(status.keysTotal)) keys"]
        if let rate, rate >= 1 { parts.append("\(number(Int(rate))) keys/s") }
        parts.append("lag \(number(status.lagKeys)) keys" + (status.lagBytes.map { " \(PlainText.bytes($0))" } ?? ""))
        if status.phase == .initialSync, let end = status.estimatedCompletion, end > now {
            parts.append("\(PlainText.duration(seconds: end.timeIntervalSince(now))) left")
        }
        return parts
    }
}

/// Keys per second over the last seconds.
struct RateMeter {
    private static let window = 5.0

    private var samples: [(time: Double, keys: Int)] = []

    /// Takes what was reached at `time` (seconds) and returns the rate, nil at the first call.
    mutating func rate(keys: Int, at time: Double) -> Double? {
        samples.append((time, keys))
        samples.removeAll { time - $0.time > Self.window }
        guard let first = samples.first, time > first.time else { return nil }
        return Double(keys - first.keys) / (time - first.time)
    }
}

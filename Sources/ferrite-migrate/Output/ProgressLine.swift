import FoundationEssentials
import MigrationCore

/// One line about a migration that runs: how far, how fast, how far behind, how long still.
struct ProgressLine {
    private static let barWidths = 10...40

    let status: MigrationStatus
    /// Keys per second, nil while it is unknown.
    let rate: Double?
    let now: Date

    /// For a terminal: with a bar, and never longer than `columns`. Where that is narrow the last details go first.
    func bar(columns: Int, style: TextStyle) -> String {
        let phase = status.phase.rawValue
        var parts = ["\(Int(status.progress))%"] + details(PlainText.grouped)
        while parts.count > 1, Self.room(columns, phase, parts) < Self.barWidths.lowerBound { parts.removeLast() }
        let room = min(Self.room(columns, phase, parts), Self.barWidths.upperBound)
        let bar = room >= Self.barWidths.lowerBound ? PrettyText.bar(status.progress, width: room) + " " : ""
        let text = parts.joined(separator: "  ")
        return style.paint(phase, TextStyle.colour(ofState: phase)) + " " + style.paint(bar, .cyan) + text
    }

    /// For a log.
    var plain: String {
        (["\(status.phase.rawValue) \(Int(status.progress))%"] + details { String($0) }).joined(separator: ", ")
    }

    /// Cells that are left for the bar.
    private static func room(_ columns: Int, _ phase: String, _ parts: [String]) -> Int {
        columns - phase.count - parts.joined(separator: "  ").count - 3
    }

    /// The most telling first.
    private func details(_ number: (Int) -> String) -> [String] {
        var parts = ["\(number(status.keysSynced))/\(number(status.keysTotal)) keys"]
        if status.phase == .initialSync, let end = status.estimatedCompletion, end > now {
            parts.append("\(PlainText.duration(seconds: end.timeIntervalSince(now))) left")
        }
        if let rate, rate >= 1 { parts.append("\(number(Int(rate))) keys/s") }
        parts.append("lag \(number(status.lagKeys))" + (status.lagBytes.map { ", \(PlainText.bytes($0))" } ?? ""))
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

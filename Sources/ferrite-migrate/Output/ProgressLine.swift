import FoundationEssentials
import MigrationCore

/// One line about a migration that runs: how far, how fast, how far behind, how long still.
struct ProgressLine {
    private static let barWidths = 8...40

    let status: MigrationStatus
    /// Keys per second, nil while it is unknown.
    let rate: Double?
    let now: Date

    /// For a terminal, always shorter than `columns`. Where that is narrow the words become shorter, then the bar goes,
    /// then the last details; the percentage stays.
    func bar(columns: Int, style: TextStyle) -> String {
        let phase = status.phase.rawValue
        let percent = "\(Int(status.progress))%"
        // The last cell stays free: some terminals wrap when it is written.
        let room = columns - 1 - phase.count - 1
        guard room >= percent.count else { return String(percent.prefix(max(0, columns - 1))) }
        let wordings = [details, shortDetails(PlainText.grouped), shortDetails { String($0) }].map { [percent] + $0 }
        let (text, width) = Self.fitted(wordings, to: room)
        let bar = width > 0 ? style.paint(PrettyText.bar(status.progress, width: width), .cyan) + " " : ""
        return style.paint(phase, TextStyle.colour(ofState: phase)) + " " + bar + text
    }

    /// For a log.
    var plain: String {
        let words = details(number: { String($0) }, span: PlainText.duration, rate: " keys/s", bytes: true)
        return (["\(status.phase.rawValue) \(Int(status.progress))%"] + words).joined(separator: ", ")
    }

    /// The first wording that leaves room for a bar, else the first that fits, else as much of the last as fits; and the
    /// bar's width, 0 for none.
    private static func fitted(_ wordings: [[String]], to room: Int) -> (text: String, bar: Int) {
        let texts = wordings.map { $0.joined(separator: "  ") }
        if let text = texts.first(where: { room - $0.count - 1 >= barWidths.lowerBound }) {
            return (text, min(room - text.count - 1, barWidths.upperBound))
        }
        if let text = texts.first(where: { $0.count <= room }) { return (text, 0) }
        var words = wordings.last ?? []
        while words.count > 1, words.joined(separator: "  ").count > room { words.removeLast() }
        let text = words.joined(separator: "  ")
        let left = room - text.count - 1
        return (text, left >= barWidths.lowerBound ? left : 0)
    }

    private var details: [String] {
        details(number: PlainText.grouped, span: PlainText.duration, rate: " keys/s", bytes: true)
    }

    private func shortDetails(_ number: (Int) -> String) -> [String] {
        details(number: number, span: PlainText.shortDuration, rate: "/s", bytes: false)
    }

    /// The most telling first.
    private func details(
        number: (Int) -> String,
        span: (Double) -> String,
        rate unit: String,
        bytes: Bool
    ) -> [String] {
        var parts = ["\(number(status.keysSynced))/\(number(status.keysTotal)) keys"]
        if status.phase == .initialSync, let end = status.estimatedCompletion, end > now {
            parts.append("\(span(end.timeIntervalSince(now))) left")
        }
        if let rate, rate >= 1 { parts.append(number(Int(rate)) + unit) }
        let size = bytes ? status.lagBytes.map { ", \(PlainText.bytes($0))" } : nil
        parts.append("lag \(number(status.lagKeys))" + (size ?? ""))
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

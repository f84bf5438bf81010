import Foundation

/// When the steps of the newest migration of a journal folder were taken, read from its events.jsonl: cheaper than
/// asking the tool, which would take processor time from what is measured.
package struct JournalEvents {
    /// Event name to the wall clock's seconds since 1970, the first time each.
    private var times: [String: Double] = [:]

    init(journal: String) {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: journal)) ?? []
        let files = folders.filter { $0.hasPrefix("mig_") }.map { "\(journal)/\($0)/events.jsonl" }
        for file in files {
            let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
            for line in text.split(separator: "\n") { note(line) }
        }
    }

    package func time(of event: String) -> Double? { times[event] }

    private mutating func note(_ line: Substring) {
        guard let record = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let time = ["at", "time", "timestamp"].lazy.compactMap({ Self.seconds(record[$0]) }).first
        else { return }
        let event = record["event"] as? [String: Any]
        for name in (event ?? record).keys where times[name] == nil { times[name] = time }
        if let name = record["event"] as? String, times[name] == nil { times[name] = time }
    }

    /// RFC 3339 text, or a number of seconds.
    private static func seconds(_ value: Any?) -> Double? {
        if let number = value as? NSNumber { return number.doubleValue }
        guard let text = value as? String else { return nil }
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return (formatter.date(from: text) ?? ISO8601DateFormatter().date(from: text))?.timeIntervalSince1970
    }
}

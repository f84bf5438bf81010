import Foundation

/// When the steps of the newest migration of a journal folder were taken, read from its events.jsonl: cheaper than
/// asking the tool, which would take processor time from what is measured.
package struct JournalEvents {
    /// Event name to the wall clock's seconds since 1970, the first time each.
    private var times: [String: Double] = [:]

    private var text = ""

    init(journal: String) {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: journal)) ?? []
        for name in folders where name.hasPrefix("mig_") { read("\(journal)/\(name)") }
    }

    /// Of the one migration that has this folder.
    package init(folder: String) { read(folder) }

    /// Whether some record has this text in it.
    package func contains(_ words: String) -> Bool { text.contains(words) }

    /// How many records have this text in them, at most one each.
    package func count(_ words: String) -> Int { text.split(separator: "\n").count { $0.contains(words) } }

    private mutating func read(_ folder: String) {
        let bytes = FileManager.default.contents(atPath: folder + "/events.jsonl") ?? Data()
        let lines = String(decoding: bytes, as: UTF8.self)
        text += lines
        for line in lines.split(separator: "\n") { note(line) }
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

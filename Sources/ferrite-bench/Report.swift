import Foundation

/// One line of the table. What was not measured is nil.
struct ReportRow: Encodable {
    var part: String
    var name: String
    var seconds: Double?
    var keysPerSecond: Double?
    /// Microseconds of processor time, user and system.
    var cpuPerKey: Double?
    /// Processor time while nothing happens, of one processor.
    var cpuPercent: Double?
    var peakMegabytes: Double?
    /// The tool's time to the larger floor's.
    var ratio: Double?
    /// Milliseconds.
    var p50: Double?
    var p99: Double?
    var maximum: Double?
    var aim = ""

    enum CodingKeys: String, CodingKey {
        case part, name, seconds, ratio, aim
        case keysPerSecond = "keys_per_second"
        case cpuPerKey = "cpu_us_per_key"
        case cpuPercent = "cpu_percent"
        case peakMegabytes = "peak_mb"
        case p50 = "p50_ms"
        case p99 = "p99_ms"
        case maximum = "max_ms"
    }
}

/// The results, and where they were made.
struct Report: Encodable {
    var machine: String
    var runs: Int
    var rows: [ReportRow] = []

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    func table() -> String {
        let titles = [
            "", "seconds", "keys/s", "CPU µs/key", "CPU %", "peak MB", "ratio", "p50 ms", "p99 ms", "max ms", "aim",
        ]
        let lines = [titles] + rows.map(Self.cells)
        let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        var text = "\(machine); medians of \(runs) runs\n\n"
        var part = ""
        for (index, cells) in lines.enumerated() {
            if index > 0, rows[index - 1].part != part {
                part = rows[index - 1].part
                text += "\n"
            }
            text += Self.line(cells, widths) + "\n"
        }
        return text
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        let columns = zip(cells, widths).enumerated().map { index, column in
            let space = String(repeating: " ", count: column.1 - column.0.count)
            // Words to the left, numbers to the right.
            return index == 0 || index == cells.count - 1 ? column.0 + space : space + column.0
        }
        let text = columns.joined(separator: "  ")
        return String(text.reversed().drop { $0 == " " }.reversed())
    }

    private static func cells(_ row: ReportRow) -> [String] {
        [
            "(\(row.part)) \(row.name)", number(row.seconds, 2), row.keysPerSecond.map { thousands(Int($0)) } ?? "",
            number(row.cpuPerKey, 2), number(row.cpuPercent, 2), number(row.peakMegabytes, 0), number(row.ratio, 2),
            number(row.p50, 2), number(row.p99, 2),
            number(row.maximum, 2), row.aim,
        ]
    }

    private static func thousands(_ number: Int) -> String {
        let rest = number % 1000
        guard number >= 1000 else { return "\(rest)" }
        return "\(thousands(number / 1000)),\(String(format: "%03d", rest))"
    }

    private static func number(_ value: Double?, _ decimals: Int) -> String {
        value.map { String(format: "%.\(decimals)f", $0) } ?? ""
    }
}

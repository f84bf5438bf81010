import FoundationEssentials

/// The words for a value in lines meant for people or for `grep`.
enum PlainText {
    static func value(_ value: OutputValue) -> String {
        switch value {
        case .text(let text), .state(let text): CommandFailure.printable(text)
        case .number(let number): String(number)
        case .decimal(let number): JSONText.decimal(number)
        case .exact: JSONText.value(value)
        // Never 100 before all is done.
        case .percent(let percent): "\(Int(percent))%"
        case .flag(let flag): flag ? "true" : "false"
        case .date(let date): date.formatted(.iso8601)
        case .array(let values): values.map(Self.value).joined(separator: ", ")
        case .object(let fields): line(fields)
        }
    }

    /// `key: value` lines.
    static func lines(_ fields: [OutputField]) -> String {
        people(fields).map { "\($0.name): \(value($0.value))\n" }.joined()
    }

    /// All fields that are not empty, on one line.
    static func line(_ fields: [OutputField]) -> String {
        people(fields).filter { $0.value != .text("") }.map { "\($0.name): \(value($0.value))" }.joined(separator: ", ")
    }

    static func people(_ fields: [OutputField]) -> [OutputField] {
        fields.filter { $0.audience != .programs }
    }

    /// `1234567` as `1,234,567`.
    static func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        groups.insert(digits, at: 0)
        return (number < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    /// A number of bytes in the unit that leaves one to three digits before the point.
    static func bytes(_ count: Int) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var amount = Double(count)
        var unit = 0
        while amount >= 1000, unit < units.count - 1 {
            amount /= 1000
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\((amount * 10).rounded() / 10) \(units[unit])"
    }

    /// As `duration`, in as few letters as can be: `59s`, `1m40s`, `1h12m`.
    static func shortDuration(seconds: Double) -> String {
        duration(seconds: seconds).replacing(" min", with: "m").replacing(" ", with: "")
    }

    /// A span of time in its two largest units.
    static func duration(seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e9)).rounded(.up))
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s"
        case ..<86400: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        default: return "\(whole / 86400) d \(whole % 86400 / 3600) h"
        }
    }
}

import FoundationEssentials

/// An instant as an operator writes it: RFC 3339 (`2026-12-01T02:00:00Z`, `…+01:00`), also with a space for the `T` and
/// without seconds, or local time with a zone's name (`2026-12-01 02:00 Europe/Berlin`, `…[Europe/Berlin]`).
package struct InstantText {
    private enum Place {
        /// Seconds east of UTC.
        case offset(Int)
        case zone(String)
    }

    private let text: String
    private var rest: ArraySlice<UInt8>

    /// - Parameter zone: The rules of the zone of this name.
    package static func instant(
        _ text: String,
        zone: (String) throws(PlanError) -> ZoneRules
    ) throws(PlanError) -> Date {
        var reader = InstantText(text)
        let (seconds, fraction) = try reader.localTime()
        switch try reader.place() {
        case .offset(let offset): return Date(timeIntervalSince1970: Double(seconds - offset) + fraction)
        case .zone(let name):
            let offset = try reader.offset(of: seconds, in: try zone(name), name)
            return Date(timeIntervalSince1970: Double(seconds - offset) + fraction)
        }
    }

    private init(_ text: String) {
        self.text = text
        rest = Array(text.utf8)[...]
    }

    /// Seconds from 1970-01-01 00:00 to the local time, as if there were no zones, and the part of a second.
    private mutating func localTime() throws(PlanError) -> (Int, Double) {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            take("T") || take("t") || take(" "), let hour = number(2), take(":"), let minute = number(2)
        else { throw form }
        var (second, fraction) = (0, 0.0)
        if take(":") {
            guard let number = number(2) else { throw form }
            second = number
            if take(".") { fraction = try self.fraction() }
        }
        guard (1...12).contains(month), (1...CivilTime.daysInMonth(year, month)).contains(day), year >= 1970 else {
            throw wrong("there is no such day")
        }
        guard hour < 24, minute < 60, second < 60 else { throw wrong("there is no such time of day") }
        return (CivilTime.days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second, fraction)
    }

    private mutating func fraction() throws(PlanError) -> Double {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard (1...9).contains(digits.count), let value = Double("0." + String(decoding: digits, as: UTF8.self)) else {
            throw form
        }
        rest = rest.dropFirst(digits.count)
        return value
    }

    private mutating func place() throws(PlanError) -> Place {
        let isApart = take(" ")
        let word = String(decoding: rest, as: UTF8.self)
        if word.isEmpty {
            throw wrong(
                "it does not say where that is the time; add Z for UTC, an offset such as +01:00, or a zone such as "
                    + "Europe/Berlin"
            )
        }
        if word == "Z" || word == "z" { return .offset(0) }
        if word.hasPrefix("+") || word.hasPrefix("-") { return .offset(try readOffset()) }
        if word.hasPrefix("["), word.hasSuffix("]") { return .zone(String(word.dropFirst().dropLast())) }
        guard isApart else { throw form }
        return .zone(word)
    }

    private mutating func readOffset() throws(PlanError) -> Int {
        let sign = take("-") ? -1 : 1
        if sign == 1 { _ = take("+") }
        guard let hours = number(2), take(":"), let minutes = number(2), rest.isEmpty else { throw form }
        guard hours < 24, minutes < 60 else { throw wrong("there is no such offset") }
        return sign * (hours * 3600 + minutes * 60)
    }

    /// Where the clocks are set, a local time may be none or two.
    private func offset(of seconds: Int, in rules: ZoneRules, _ name: String) throws(PlanError) -> Int {
        let offsets = rules.offsets(ofLocal: seconds)
        if offsets.count == 1 { return offsets[0] }
        let local = text.prefix { $0 != "[" }.split(separator: " ")
        let time = local.filter { String($0) != name }.joined(separator: "T")
        let readings = (offsets.isEmpty ? rules.offsetsAround(local: seconds) : offsets).map { time + Self.words($0) }
        let what = offsets.isEmpty ? "does not exist there" : "comes twice there"
        throw wrong("the clocks are set and it \(what); say which you mean: \(readings.joined(separator: " or "))")
    }

    private static func words(_ offset: Int) -> String {
        let minutes = abs(offset) / 60
        let digits = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return (offset < 0 ? "-" : "+") + digits.joined(separator: ":")
    }

    private mutating func number(_ count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private var form: PlanError {
        wrong("write it as 2026-12-01T02:00:00Z, 2026-12-01T02:00:00+01:00 or '2026-12-01 02:00 Europe/Berlin'")
    }

    private func wrong(_ reason: String) -> PlanError { .impossibleTime(text, reason) }
}

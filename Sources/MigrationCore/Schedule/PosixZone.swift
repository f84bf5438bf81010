/// A zone's rule for every year, as POSIX writes it in `TZ` and RFC 9636 at the end of a zone's file:
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixZone: Equatable, Sendable {
    /// When the clocks are set within a year.
    private struct Change: Equatable {
        enum Day: Equatable {
            /// 1 to 365; the 29th of February is never counted.
            case withoutLeapDay(Int)
            /// 0 to 365.
            case counted(Int)
            /// A month, its week (5 is the last) and a weekday from Sunday, 0.
            case weekday(month: Int, week: Int, day: Int)
        }

        var day: Day
        /// Local time; it may be negative or more than a day.
        var seconds = 7200

        /// Seconds since 1970 in local time.
        func local(_ year: Int) -> Int { day(in: year) * 86_400 + seconds }

        private func day(in year: Int) -> Int {
            switch day {
            case .counted(let day): return CivilTime.days(year, 1, 1) + day
            case .withoutLeapDay(let day):
                let isBehindIt = day >= 60 && CivilTime.daysInMonth(year, 2) == 29
                return CivilTime.days(year, 1, 1) + day - 1 + (isBehindIt ? 1 : 0)
            case .weekday(let month, let week, let day):
                let first = CivilTime.days(year, month, 1)
                let offset = (day - CivilTime.weekday(first) + 7) % 7 + 7 * (week - 1)
                return first + (offset < CivilTime.daysInMonth(year, month) ? offset : offset - 7)
            }
        }
    }

    private struct Summer: Equatable {
        var offset: Int
        var begins: Change
        var ends: Change
    }

    /// Seconds east of UTC.
    private var standard = 0
    private var summer: Summer?

    func offset(at instant: Int) -> Int {
        guard let summer else { return standard }
        let year = CivilTime.year(of: instant + standard)
        let begins = summer.begins.local(year) - standard
        let ends = summer.ends.local(year) - summer.offset
        let isSummer =
            begins < ends ? (begins..<ends).contains(instant) : !(ends..<begins).contains(instant)
        return isSummer ? summer.offset : standard
    }

    /// Nil where the text is no such rule.
    init?(_ text: String) {
        var reader = Reader(rest: Array(text.utf8)[...])
        guard reader.name(), let west = reader.time() else { return nil }
        standard = -west
        if reader.rest.isEmpty { return }
        guard reader.name() else { return nil }
        let summerWest = reader.rest.first == UInt8(ascii: ",") ? west - 3600 : reader.time()
        guard let summerWest, let begins = reader.change(), let ends = reader.change(), reader.rest.isEmpty else {
            return nil
        }
        summer = Summer(offset: -summerWest, begins: begins, ends: ends)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        /// `CET`, `<+0330>`.
        mutating func name() -> Bool {
            if take("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[(end + 1)...]
                return true
            }
            let letters = rest.prefix { (0x41...0x5A).contains($0 & 0xDF) }
            rest = rest.dropFirst(letters.count)
            return letters.count >= 3
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int? {
            let sign = take("-") ? -1 : 1
            if sign == 1 { _ = take("+") }
            guard let hours = number(0...167) else { return nil }
            var seconds = hours * 3600
            for unit in [60, 1] where take(":") {
                guard let number = number(0...59) else { return nil }
                seconds += number * unit
            }
            return sign * seconds
        }

        /// `,M3.5.0/2`, `,J60`, `,59`.
        mutating func change() -> Change? {
            guard take(","), let day = day() else { return nil }
            var change = Change(day: day)
            if take("/") {
                guard let seconds = time() else { return nil }
                change.seconds = seconds
            }
            return change
        }

        private mutating func day() -> Change.Day? {
            if take("J") { return number(1...365).map { .withoutLeapDay($0) } }
            guard take("M") else { return number(0...365).map { .counted($0) } }
            guard let month = number(1...12), take("."), let week = number(1...5), take("."), let day = number(0...6)
            else { return nil }
            return .weekday(month: month, week: week, day: day)
        }

        private mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...3).contains(digits.count) else { return nil }
            rest = rest.dropFirst(digits.count)
            let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            return range.contains(value) ? value : nil
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }
    }
}

/// Days and years of the Gregorian calendar, counted from 1970-01-01.
enum CivilTime {
    /// Days from 1970-01-01 to the first of the month, which may be any number: 13 is January of the next year.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Counted from March, so that the leap day is a year's last.
        let months = year * 12 + month - 3
        let (y, m) = (floor(months, 12), months - 12 * floor(months, 12))
        return 365 * y + floor(y, 4) - floor(y, 100) + floor(y, 400) + (153 * m + 2) / 5 + day - 1 - 719_468
    }

    static func daysInMonth(_ year: Int, _ month: Int) -> Int { days(year, month + 1, 1) - days(year, month, 1) }

    /// The year in which the second since 1970 lies.
    static func year(of seconds: Int) -> Int {
        let day = floor(seconds, 86_400)
        var year = 1970 + floor(day, 366)
        while days(year + 1, 1, 1) <= day { year += 1 }
        while days(year, 1, 1) > day { year -= 1 }
        return year
    }

    /// 0 is Sunday.
    static func weekday(_ day: Int) -> Int { day + 4 - 7 * floor(day + 4, 7) }

    static func floor(_ dividend: Int, _ divisor: Int) -> Int {
        dividend >= 0 ? dividend / divisor : (dividend - divisor + 1) / divisor
    }
}

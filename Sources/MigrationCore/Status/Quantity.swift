/// Numbers as people read them.
package enum Quantity {
    /// `512B`, `1.5KB`, `2GB`: 1 KB is 1024 bytes, as the servers count.
    package static func bytes(_ count: Int) -> String {
        let units = ["B", "KB", "MB", "GB", "TB", "PB"]
        var value = Double(max(count, 0))
        var unit = 0
        while value >= 1023.95, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(tenths(value))\(units[unit])"
    }

    /// `0.2ms`, `5ms`, `1200ms`.
    package static func milliseconds(_ value: Double) -> String {
        value < 10 ? "\(tenths(value))ms" : "\(Int(value.rounded()))ms"
    }

    /// `5ms`, `9500ms`, `3600s`: of whatever length, and not rounded to a larger unit.
    package static func span(_ value: Double) -> String {
        value < 10_000 ? milliseconds(value) : "\(Int((value / 1000).rounded()))s"
    }

    /// A duration rounded up, in its largest whole unit that loses little: `1 second`, `90 seconds`, `10 minutes`.
    package static func duration(seconds: Double) -> String {
        let seconds = max(seconds, 0)
        if seconds <= 90 { return plural(max(Int(seconds.rounded(.up)), 1), "second") }
        if seconds <= 90 * 60 { return plural(Int((seconds / 60).rounded(.up)), "minute") }
        // Beyond a year nothing was estimated.
        return plural(Int((min(seconds, 3.2e7) / 3600).rounded(.up)), "hour")
    }

    package static func plural(_ count: Int, _ word: String) -> String {
        count == 1 ? "1 \(word)" : "\(count) \(word)s"
    }

    /// One decimal below ten, none above, and none where it is zero.
    private static func tenths(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        if rounded >= 10 || rounded == rounded.rounded() { return "\(Int(rounded.rounded()))" }
        return "\(rounded)"
    }
}

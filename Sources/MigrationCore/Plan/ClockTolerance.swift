/// How far the servers' clocks may be apart. Expiries are absolute and each server keeps them by its own clock, so a key
/// dies as much too early, or too late, at the target.
package struct ClockTolerance: Equatable, Sendable {
    /// What servers that keep their time by NTP are never apart, and what expiries can bear.
    private static let usual = 500

    package let milliseconds: Int

    /// - Parameter acceptedSeconds: What the operator accepts; nil for no more than is usual.
    package init(acceptedSeconds: Int? = nil) {
        milliseconds = max(Self.usual, (acceptedSeconds ?? 0) * 1000)
    }

    /// What a skew does that is not borne; nil for one that is.
    ///
    /// - Parameter skew: The target's clock less the source's, in milliseconds.
    package func complaint(_ skew: Double, target: String, source: String) -> String? {
        guard abs(skew) > Double(milliseconds) else { return nil }
        let amount = Quantity.span(abs(skew))
        return
            "the clock of target \(target) is \(amount) \(skew < 0 ? "behind" : "ahead of") that of source \(source): "
            + "keys would expire that much too \(skew < 0 ? "late" : "early"); set the clocks (NTP)"
    }
}

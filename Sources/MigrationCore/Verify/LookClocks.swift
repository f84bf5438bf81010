/// The servers' clocks before and after both sides of some keys were looked at, in Unix milliseconds.
package struct LookClocks: Equatable, Sendable {
    package typealias Clocks = (source: Int, target: Int)

    package let before: Clocks
    package let after: Clocks
    /// By how many milliseconds a key may die too early or too late.
    package let tolerance: Int

    package init(before: Clocks, after: Clocks, tolerance: ClockTolerance) {
        (self.before, self.after) = (before, after)
        self.tolerance = tolerance.milliseconds
    }

    package static func == (left: LookClocks, right: LookClocks) -> Bool {
        left.before == right.before && left.after == right.after && left.tolerance == right.tolerance
    }

    /// How far the clocks are apart, as a part of a sentence.
    var words: String {
        let skew = after.target - after.source
        return "the target's clock is \(Quantity.span(Double(abs(skew)))) \(skew < 0 ? "behind" : "ahead")"
    }
}

/// How long to wait before the next try: doubled each time up to a limit, and never the same for two who wait.
package struct Backoff: Equatable, Sendable {
    package static let first = Duration.milliseconds(100)
    package static let longest = Duration.seconds(10)

    package private(set) var attempt = 0

    package init() {}

    /// The wait before the next try, a half to the whole of the step.
    package mutating func next() -> Duration {
        var generator = SystemRandomNumberGenerator()
        return next(using: &generator)
    }

    package mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let step = min(Self.longest, Self.first * (1 << min(attempt, 20)))
        attempt += 1
        return step * Double.random(in: 0.5...1, using: &generator)
    }
}

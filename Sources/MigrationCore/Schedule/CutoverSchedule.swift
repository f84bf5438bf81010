import FoundationEssentials

/// A cutover that is to happen by itself: when, for how long it may be tried, and what was asked of it.
package struct CutoverSchedule: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case instant = "at"
        case windowSeconds = "window_s"
        case options
    }

    package static let windowRange = 1...86_400
    package static let defaultWindowSeconds = 600
    package static let mostDaysAhead = 366

    package let instant: Date
    /// Seconds behind `instant` within which a cutover may begin.
    package let windowSeconds: Int
    package let options: CutoverOptions

    /// - Throws: Where the instant is past at `now`, or too far ahead to be meant.
    package init(
        at instant: Date,
        windowSeconds: Int = Self.defaultWindowSeconds,
        options: CutoverOptions,
        now: Date
    ) throws(PlanError) {
        guard Self.windowRange.contains(windowSeconds) else {
            let allowed = "\(Self.windowRange.lowerBound) to \(Self.windowRange.upperBound) seconds"
            throw .outOfRange(option: "window", value: "\(windowSeconds)", allowed: allowed)
        }
        try Self.check(instant, now: now)
        self.instant = instant
        self.windowSeconds = windowSeconds
        self.options = options
    }

    /// - Throws: Where the instant is past at `now`, or too far ahead to be meant.
    package static func check(_ instant: Date, now: Date) throws(PlanError) {
        let ahead = instant.timeIntervalSince(now)
        guard ahead > 0 else {
            let days = Int(-ahead / 86_400)
            let ago = days > 3 ? Quantity.plural(days, "day") : Quantity.duration(seconds: -ahead)
            throw .impossibleTime(RFC3339.string(from: instant), "it was \(ago) ago; give one that is still to come")
        }
        guard ahead <= Double(mostDaysAhead) * 86_400 else {
            let reason = "it is more than \(mostDaysAhead) days ahead; give an earlier one"
            throw .impossibleTime(RFC3339.string(from: instant), reason)
        }
    }

    package var end: Date { instant + Double(windowSeconds) }
}

extension CutoverSchedule {
    /// What to do next.
    package enum Step: Equatable, Sendable {
        case wait(until: Date)
        case attempt
        case end(ScheduleEnd)
    }

    /// Asked again and again with what the clock says then: one that was set, forwards or back, needs no other rule.
    package func step(at now: Date, after tries: CutoverTries) -> Step {
        guard now >= instant else { return .wait(until: instant) }
        if let obstacle = tries.obstacle, tries.isHopeless || now > end {
            return .end(ScheduleEnd(.givenUp, of: self, because: obstacle.message))
        }
        guard now <= end else { return .end(ScheduleEnd(.missed, of: self, because: Self.missed)) }
        return tries.isDue(at: now) ? .attempt : .wait(until: min(tries.next ?? now, end))
    }

    private static let missed = "nobody could begin it in that time: its worker did not run, or the clock was set"
}

/// How a schedule ended without a switch.
package struct ScheduleEnd: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// It was tried, or could not be, until its window was over; or there was no hope in trying.
        case givenUp = "given_up"
        /// Its window was over before anybody looked.
        case missed
    }

    package let kind: Kind
    /// For people, one sentence.
    package let reason: String

    package init(_ kind: Kind, of schedule: CutoverSchedule, because reason: String) {
        self.kind = kind
        let what = kind == .missed ? "was missed" : "was given up"
        let window = Quantity.duration(seconds: Double(schedule.windowSeconds))
        let instant = RFC3339.string(from: schedule.instant)
        self.reason = "the cutover scheduled for \(instant) (window \(window)) \(what): \(reason)"
    }
}

/// What the tries of a cutover have met so far, and when the next may follow.
package struct CutoverTries: Equatable, Sendable {
    /// Seconds between two tries.
    package static let shortestWait = 2.0
    package static let longestWait = 60.0

    /// What the last one met.
    package private(set) var obstacle: MigrationFailure?
    /// The last one cannot end otherwise when it is tried again.
    package private(set) var isHopeless = false
    package private(set) var next: Date?
    private var wait = Self.shortestWait

    package init() {}

    /// The guards let it not begin; nobody has felt anything, so the guards may be asked again soon.
    package mutating func refused(_ failure: MigrationFailure, at now: Date) {
        (obstacle, isHopeless, next) = (failure, false, now + Self.shortestWait)
    }

    /// It began and went back. The tenant's clients may have felt a pause, so each is followed by a longer wait.
    package mutating func wentBack(_ failure: MigrationFailure, at now: Date) {
        (obstacle, isHopeless, next) = (failure, !failure.mayPass, now + wait)
        wait = min(wait * 2, Self.longestWait)
    }

    /// A wait that is longer than any was made so by a clock that was set back.
    package func isDue(at now: Date) -> Bool {
        guard let next else { return true }
        return now >= next || next.timeIntervalSince(now) > Self.longestWait
    }
}

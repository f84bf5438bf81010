/// A moment of a migration's life at which a program of the operator's can be run. The raw value is the file's name in
/// the hooks' folder.
package enum HookName: String, CaseIterable, Sendable {
    /// The initial sync has ended; also after a gap, when all was copied again.
    case synced
    case paused
    case resumed
    /// A server or a connection failed and is tried again.
    case interrupted
    /// `lag_keys` has been over its threshold for a while.
    case lagHigh = "lag-high"
    /// Nothing has happened yet; whoever ends with another status than 0 stops the cutover.
    case beforeCutover = "before-cutover"
    /// The tenant cannot write anywhere: every millisecond counts. Another status than 0 takes the fence down again.
    case fenced
    /// The tenant's clients can write at the target.
    case switched
    /// The cutover has ended, one way or the other.
    case afterCutover = "after-cutover"
    case verified
    case completed
    case failed
    case cancelled

    /// The cutover waits for its end, and its failure stops the cutover.
    package var isGuard: Bool { self == .beforeCutover || self == .fenced }

    /// What an event means to those who wait for a hook; a guard is run by the cutover itself.
    ///
    /// - Parameter phase: The migration's, after the event.
    package static func names(_ event: MigrationEvent, in phase: MigrationPhase) -> [HookName] {
        switch event {
        case .synced: [.synced]
        case .paused: [.paused]
        case .resumed: [.resumed]
        case .interrupted: [.interrupted]
        case .cutoverEnded(.switched): [.switched, .afterCutover]
        case .cutoverEnded(.back): [.afterCutover]
        case .verified: [.verified] + end(phase)
        case .verificationSkipped, .unverified: end(phase)
        case .cancelled: [.cancelled]
        case .failed, .superseded: [.failed]
        default: []
        }
    }

    private static func end(_ phase: MigrationPhase) -> [HookName] {
        phase == .completed ? [.completed] : []
    }
}

/// Says once that the lag is high, and again only after it was low in between.
package struct LagAlarm: Equatable, Sendable {
    package static let thresholdRange = 1...Int(Int32.max)
    package static let defaultThreshold = 10_000
    /// A burst of writes is no news.
    package static let patience = 5.0

    private let threshold: Int
    private var highSince: Double?
    private var isRaised = false

    package init(threshold: Int = Self.defaultThreshold) {
        self.threshold = threshold
    }

    /// Takes a look at the lag and returns whether it is time to say so.
    ///
    /// - Parameters:
    ///   - lagKeys: Changed keys that are not at the target; nil while nothing is followed, which is another trouble.
    ///   - now: Seconds of any clock that only goes forward.
    package mutating func look(_ lagKeys: Int?, at now: Double) -> Bool {
        guard let lagKeys, lagKeys > threshold else {
            highSince = nil
            // Half of it, so that a lag that swings around the threshold is told once.
            if let lagKeys, lagKeys <= threshold / 2 { isRaised = false }
            return false
        }
        let since = highSince ?? now
        highSince = since
        guard !isRaised, now - since >= Self.patience else { return false }
        isRaised = true
        return true
    }
}

import FoundationEssentials

/// How far a cutover has come, as its events tell it: what whoever finds it interrupted needs to know.
package struct CutoverTrace: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case record = "fence"
        case isFenceUp = "fence_may_be_up"
        case announcedAt = "announced_at"
        case keysChecked = "keys_checked"
        case watch
        case downtimeMilliseconds = "downtime_ms"
    }

    /// What the last fence changes at the source.
    package private(set) var record: FenceRecord?
    /// From its announcement until it is known to be down, or traffic to be switched.
    private var isFenceUp = false
    /// When the fence was announced, just before it was raised.
    package private(set) var announcedAt: Date?
    /// Keys at both sides, once all was found equal: from then on the switch may have been tried.
    package private(set) var keysChecked: Int?
    /// Where the tenant's own writes at the target begin in its stream.
    package private(set) var watch: FeedPosition?
    /// Set once traffic is switched.
    package private(set) var downtimeMilliseconds: Double?

    package init() {}

    /// What the fence changes at the source, while it may be up there and has to come down.
    package var fence: FenceRecord? { isFenceUp ? record : nil }

    /// Whether a switch may have happened without anybody having written that down.
    package var mayBeSwitched: Bool { fence != nil && keysChecked != nil }

    package mutating func note(_ event: CutoverEvent, at instant: Date) {
        switch event {
        case .prepared(let record):
            self = CutoverTrace()
            self.record = record
            isFenceUp = true
            announcedAt = instant
        case .checked(let source, _, let watch):
            keysChecked = source
            self.watch = watch
        case .switched(let downtime): (isFenceUp, downtimeMilliseconds) = (false, downtime)
        case .fenceLowered, .fenceLeft: isFenceUp = false
        case .fenceRaised, .barrierRead, .drained, .leaked, .settled, .budgetSpent, .failed: break
        }
    }

    /// The cutover has ended: the fence is down, or stays at the source for good.
    package mutating func end() { isFenceUp = false }
}

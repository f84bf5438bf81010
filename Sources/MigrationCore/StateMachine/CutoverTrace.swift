import FoundationEssentials

/// How far a cutover has come, as its events tell it: what whoever finds it interrupted needs to know.
package struct CutoverTrace: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case fence
        case announcedAt = "announced_at"
        case keysChecked = "keys_checked"
        case watch
        case downtimeMilliseconds = "downtime_ms"
    }

    /// What the fence changes at the source, while it may be up there.
    package private(set) var fence: FenceRecord?
    /// When the fence was announced, just before it was raised.
    package private(set) var announcedAt: Date?
    /// Keys at both sides, once all was found equal: from then on the switch may have been tried.
    package private(set) var keysChecked: Int?
    /// Where the tenant's own writes at the target begin in its stream.
    package private(set) var watch: FeedPosition?
    /// Set once traffic is switched.
    package private(set) var downtimeMilliseconds: Double?

    package init() {}

    /// Whether a switch may have happened without anybody having written that down.
    package var mayBeSwitched: Bool { fence != nil && keysChecked != nil }

    package mutating func note(_ event: CutoverEvent, at instant: Date) {
        switch event {
        case .prepared(let record):
            self = CutoverTrace()
            fence = record
            announcedAt = instant
        case .checked(let source, _, let watch):
            keysChecked = source
            self.watch = watch
        case .switched(let downtime): (fence, downtimeMilliseconds) = (nil, downtime)
        case .fenceLowered: fence = nil
        case .fenceRaised, .barrierRead, .drained, .leaked, .budgetSpent, .failed: break
        }
    }

    /// A cutover has ended: the fence is down, or stays at the source for good.
    package mutating func end() { fence = nil }
}

/// What keeps the tenant's writes away from the source while traffic is switched.
package enum FenceKind: String, Codable, CaseIterable, Sendable {
    /// The tenant's ACL users become read-only within the prefix; nobody else feels it.
    case acl
    /// `CLIENT PAUSE … WRITE`: stops the writes of every tenant of the source.
    case pause
    /// The operator has stopped the writers by other means; the tool only proves it.
    case none
}

/// How much of the data is compared across the switch.
package enum VerifyExtent: String, Codable, CaseIterable, Sendable {
    case full
    case sample
    case none
}

/// What was asked of one cutover.
package struct CutoverOptions: Codable, Equatable, Sendable {
    package static let maxPauseRange = 10...600_000

    /// Go ahead although `lag_keys` is over `maxLag`.
    package var force: Bool
    /// Keys.
    package var maxLag: Int
    /// The pause budget in milliseconds: past it the fence is lowered and live sync goes on.
    package var maxPauseMilliseconds: Int
    package var fence: FenceKind
    package var verify: VerifyExtent

    package init(
        force: Bool = false,
        maxLag: Int = 1000,
        maxPauseMilliseconds: Int = 5000,
        fence: FenceKind = .acl,
        verify: VerifyExtent = .full
    ) throws(PlanError) {
        guard maxLag >= 0 else {
            throw .outOfRange(option: "cutover_max_lag", value: "\(maxLag)", allowed: "0 or more")
        }
        guard Self.maxPauseRange.contains(maxPauseMilliseconds) else {
            let range = Self.maxPauseRange
            throw .outOfRange(
                option: "max-pause",
                value: "\(maxPauseMilliseconds)",
                allowed: "\(range.lowerBound) to \(range.upperBound)"
            )
        }
        self.force = force
        self.maxLag = maxLag
        self.maxPauseMilliseconds = maxPauseMilliseconds
        self.fence = fence
        self.verify = verify
    }
}

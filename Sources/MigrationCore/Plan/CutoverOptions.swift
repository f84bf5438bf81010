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

    /// Why a cutover cannot begin as the migration stands; nil where it can.
    ///
    /// - Parameter isLinked: Feeds and lanes are open.
    package func obstacle(_ status: MigrationStatus, isLinked: Bool) -> MigrationFailure? {
        let (id, phase) = (status.migrationID, status.phase)
        if let fenceUpAt = status.fenceUpAt {
            let reason = status.reconnecting?.reason ?? status.error?.message ?? "it is being lowered"
            return MigrationFailure(
                .notNow,
                "the fence of an earlier cutover may still be up at \(fenceUpAt): \(reason); once it is down try again"
            )
        }
        switch phase {
        case .liveSync: break
        case .paused:
            let words = "a cutover is possible in live_sync, run resume \(id) and try again then"
            return MigrationFailure(.notNow, "\(id) is paused; \(words)")
        case .preparing, .initialSync, .cutover:
            let words = "a cutover is possible in live_sync, try again then"
            return MigrationFailure(.notNow, "\(id) is in phase \(phase.rawValue); \(words)")
        case .cleanup, .completed:
            return MigrationFailure(.failed, "\(id) is switched to \(status.target) already")
        case .failed: return MigrationFailure(.failed, "\(id) has failed; run resume \(id) to go on")
        case .superseded:
            let words = status.supersededBy.map { "; \($0) counts" } ?? ""
            return MigrationFailure(.superseded, "\(id) is superseded\(words)")
        case .cancelled: return MigrationFailure(.failed, "\(id) is cancelled; start a new migration")
        }
        guard isLinked else {
            let reason = status.reconnecting.map { " (\($0.reason))" } ?? ""
            return MigrationFailure(.notNow, "a server does not answer\(reason); try again when it does")
        }
        guard status.lagKeys <= maxLag || force else {
            let words = "wait until it is lower, or use --force"
            return MigrationFailure(
                .notNow,
                "lag_keys is \(status.lagKeys), over cutover_max_lag \(maxLag); \(words)"
            )
        }
        return nil
    }
}

import FoundationEssentials

/// What one journal folder says of a migration when it is asked which of several counts.
package struct JournalledMigration: Equatable, Sendable {
    package var plan: MigrationPlan
    package var createdAt: Date
    package var phase: MigrationPhase
    /// It has a worker, or is about to get one.
    package var isLive: Bool
    /// It has begun to write at the target.
    package var hasWritten: Bool

    package init(plan: MigrationPlan, createdAt: Date, phase: MigrationPhase, isLive: Bool, hasWritten: Bool) {
        self.plan = plan
        self.createdAt = createdAt
        self.phase = phase
        self.isLive = isLive
        self.hasWritten = hasWritten
    }

    /// The server at which this migration could still write or remove something; none where nothing is left to do.
    private var stake: [ServerAddress] {
        switch phase {
        case .cancelled, .superseded: []
        // What is left is the removal of the source's copy.
        case .completed: plan.source.places
        default: plan.target.places
        }
    }

    /// Whether this one takes from the older migration what that could still touch. One that has touched nothing takes
    /// nothing, and neither does one that was cancelled; but the copy that a completed one has left may be the last by
    /// then, and is nobody's to remove.
    private func succeeds(_ older: JournalledMigration) -> Bool {
        guard plan.scope.prefix == older.plan.scope.prefix, createdAt > older.createdAt else { return false }
        guard isLive || hasWritten, phase != .cancelled || older.phase == .completed else { return false }
        return (plan.source.places + plan.target.places).contains { place in
            older.stake.contains { $0.isSameServer(as: place) }
        }
    }

    /// The migration that counts in the place of this one; nil where this one does.
    package func successor(among others: [JournalledMigration]) -> String? {
        others.filter { $0.succeeds(self) }.max { $0.createdAt < $1.createdAt }?.plan.id
    }
}

extension ServerPlan {
    /// Wherever the server may be.
    package var places: [ServerAddress] { [address] + alternatives }
}

extension ServerAddress {
    package func isSameServer(as other: ServerAddress) -> Bool { host == other.host && port == other.port }
}

import FoundationEssentials

/// Where a shard's feed stands, so that it can be taken up again. `replicationID` and `offset` are the source's own
/// (Redis replication documentation); the stream continues in `database`, because no SELECT opens a resumed stream.
package struct FeedPosition: Codable, Equatable, Sendable {
    package var replicationID: String
    /// The last byte of the stream whose touches are all written to the target.
    package var offset: Int
    package var database: Int

    package init(replicationID: String, offset: Int, database: Int) {
        self.replicationID = replicationID
        self.offset = offset
        self.database = database
    }
}

/// What happens to a migration, in the order in which it is journalled.
package enum MigrationEvent: Codable, Equatable, Sendable {
    case created(MigrationPlan)
    case workerStarted(processID: Int)
    /// Feeds are attached and the tenant's users are at the target: the scan may begin.
    case prepared(positions: [FeedPosition], users: [String])
    /// Every key that the scan saw, and every key touched meanwhile, is at the target.
    case synced(keys: Int)
    case cutoverRequested(CutoverOptions)
    case cutover(CutoverEvent)
    case cutoverEnded(CutoverOutcome)
    case verified(VerificationReport)
    /// `--verify none`.
    case verificationSkipped
    case failed(MigrationFailure)
    /// The worker was asked to end; the migration can be taken up again.
    case stopped(signal: String)
}

package enum MigrationAction: Equatable, Sendable {
    case prepare
    case synchronize
    case startCutover(CutoverOptions)
    case verify(VerifyExtent)
    case end
}

/// The event makes no sense in the phase.
package struct TransitionError: Error, Equatable, Sendable {
    package let phase: MigrationPhase
    package let reason: String
}

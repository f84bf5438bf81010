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
    /// Feeds and lanes are open, for the first time or again.
    case attached(Attachment)
    /// The tenant's users are at the target: the scan may begin.
    case prepared(users: [String])
    /// A server or a connection failed; it is tried again until it answers.
    case interrupted(MigrationFailure)
    /// More keys waited than the dirty set may hold: the feed is attached again when they can go on.
    case feedGivenUp(reason: String)
    /// Every key that the scan saw, and every key touched meanwhile, is at the target.
    case synced(keys: Int)
    case paused
    case resumed
    case cutoverRequested(CutoverOptions)
    case cutover(CutoverEvent)
    /// It went back and its fence could not be lowered: it has not ended, and is settled as a dead worker's is.
    case cutoverUnsettled(MigrationFailure)
    case cutoverEnded(CutoverOutcome)
    case verified(VerificationReport)
    /// `--verify none`.
    case verificationSkipped
    /// Traffic is switched, and both sides could not be compared.
    case unverified(MigrationFailure)
    case settingRaised(ServerSetting)
    case settingRestored(name: String, side: ServerSetting.Side?)
    case cancelRequested(force: Bool)
    case cancelled(CancelReport)
    /// The source's copy is removed.
    case cleaned(CleanupReport)
    case failed(MigrationFailure)
    /// What the next workers do beside the migration.
    case workerChanged(WorkerOptions)
    /// The worker was asked to end; the migration can be taken up again.
    case stopped(signal: String)
    /// In the place of any schedule before.
    case cutoverScheduled(CutoverSchedule)
    case cutoverUnscheduled
    case cutoverScheduleEnded(ScheduleEnd)
    /// How much is asked of the servers from now on.
    case updated(TransferUpdate)
    /// The tenant is no longer this migration's to move, by whose doing as far as that is known.
    case superseded(by: String?, MigrationFailure)

    /// For the log: what happened, without what came with it, which is not looked at: it may be a long list.
    package var name: String { Mirror(reflecting: self).children.first?.label ?? "\(self)" }
}

package enum MigrationAction: Equatable, Sendable {
    /// Open what is not open of feeds and lanes, and try again until it is.
    case attach
    case copyUsers
    case synchronize(SyncExtent)
    /// Let no lane take another key, and let them go on.
    case freeze
    case thaw
    case startCutover(CutoverOptions)
    /// A cutover lost its worker, or could not lower its fence: find out what became of it, and bring it to an end.
    case settleCutover
    case verify(VerifyExtent)
    case cancel(force: Bool)
    case end
    case update(TransferUpdate)
}

/// The event makes no sense in the phase.
package struct TransitionError: Error, Equatable, Sendable {
    package let phase: MigrationPhase
    package let reason: String
}

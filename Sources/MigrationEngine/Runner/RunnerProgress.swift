import FoundationEssentials
import MigrationCore

/// What a runner remembers between two snapshots of its status.
struct RunnerProgress {
    /// As last measured; nil before the first time.
    var lagBytes: Int?
    /// Once attached.
    var feed: FeedKind?
    var failure: MigrationFailure?
    private(set) var verification: VerificationReport?
    private let plan: MigrationPlan
    private let startedAt: Date
    private var syncStartedAt: Date?
    private var syncedKeys: Int?
    private var fencedAt: Date?
    private var switched: (downtime: Double, keys: Int)?
    private var highestProgress = 0.0

    init(plan: MigrationPlan, at now: Date) {
        self.plan = plan
        startedAt = now
    }

    mutating func note(_ event: MigrationEvent, at now: Date) {
        switch event {
        case .prepared: syncStartedAt = now
        case .synced(let keys): syncedKeys = keys
        case .cutover(.fenceRaised): fencedAt = now
        case .cutover(.fenceLowered): fencedAt = nil
        case .cutoverEnded(.switched(let downtime, let keys)): switched = (downtime, keys)
        case .verified(let report): verification = report
        default: break
        }
    }

    mutating func status(
        phase: MigrationPhase,
        failure: MigrationFailure?,
        queue: KeyTransferQueue.Snapshot,
        scan: (fraction: Double, estimatedKeys: Int, isDone: Bool),
        stragglers: Int,
        at now: Date
    ) -> MigrationStatus {
        var status = MigrationStatus(plan: plan, phase: phase, at: startedAt)
        status.updatedAt = now
        let isSynced = syncedKeys != nil
        // 100 is said only when the initial sync has ended.
        let percent = isSynced ? 100 : min(99.9, scan.fraction * 100)
        highestProgress = max(highestProgress, percent)
        status.progress = (highestProgress * 10).rounded() / 10
        status.keysSynced = queue.keysAtTarget
        status.keysTotal = isSynced ? queue.keysAtSource : max(scan.estimatedKeys, queue.keysAtTarget)
        status.lagKeys = switched == nil ? queue.lagKeys : 0
        status.lagBytes = feed == .notifications ? nil : switched == nil ? lagBytes : 0
        status.estimatedCompletion = estimatedCompletion(phase, scan.fraction, now)
        status.feed = syncStartedAt == nil ? nil : feed
        status.downtimeMilliseconds = switched?.downtime
        status.keysMigrated = switched?.keys
        status.writesRefusedSince = fencedAt
        status.stragglers = switched == nil ? nil : stragglers
        status.verification = verification
        status.error = failure ?? self.failure
        return status
    }

    /// When the initial sync will end, at the pace so far; too early to say below one percent.
    private func estimatedCompletion(_ phase: MigrationPhase, _ fraction: Double, _ now: Date) -> Date? {
        guard phase == .initialSync, let syncStartedAt, fraction > 0.01 else { return nil }
        let elapsed = now.timeIntervalSince(syncStartedAt)
        return now.addingTimeInterval(elapsed * (1 - fraction) / fraction)
    }
}

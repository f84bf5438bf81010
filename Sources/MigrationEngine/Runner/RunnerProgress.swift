import FoundationEssentials
import MigrationCore

/// What a runner remembers between two snapshots of its status.
struct RunnerProgress {
    /// As last measured; nil before the first time.
    private(set) var lagBytes: Int?
    /// Once attached.
    var feed: FeedKind?
    var failure: MigrationFailure?
    private(set) var verification: VerificationReport?
    private(set) var cancelled: CancelReport?
    /// Set while a server is being tried again, and for a while after it answers.
    var reconnecting: Reconnection?
    /// When both servers were last connected to.
    var attachedAt: Date?
    /// How often a connection broke and had to be opened again.
    private(set) var interruptions = 0
    /// Seconds without having reached live_sync, pauses not counted.
    var unsyncedSeconds = 0
    private var backoff = Backoff()
    private var told = 0
    private var bytesPerSecond = 0.0
    /// What the source's backlog holds; nil where it has none or does not say.
    var backlogBytes: Int?
    private var silentTicks = 0
    /// What the cutover left for the operator to do.
    private var warnings: [String] = []
    private let plan: MigrationPlan
    private let startedAt: Date
    private var syncStartedAt: Date?
    private var syncedKeys: Int?
    private var gap: String?
    private var fencedAt: Date?
    private var switched: (downtime: Double, keys: Int)?
    private var highestProgress = 0.0

    init(plan: MigrationPlan, at now: Date) {
        self.plan = plan
        startedAt = now
    }

    /// As an earlier worker has left it.
    init(_ contents: JournalContents) {
        self.init(plan: contents.plan, at: contents.status.startedAt)
        for record in contents.events { note(record.event, at: record.at) }
    }

    mutating func note(_ event: MigrationEvent, at now: Date) {
        switch event {
        case .workerStarted: (failure, unsyncedSeconds) = (nil, 0)
        case .interrupted: interruptions += 1
        case .prepared: syncStartedAt = now
        case .attached(let attachment): noteOwed(attachment, at: now)
        case .synced(let keys): (syncedKeys, gap) = (keys, nil)
        case .cutover(.fenceRaised): fencedAt = now
        case .cutover(.fenceLowered): fencedAt = nil
        case .cutoverEnded(.switched(let downtime, let keys)): switched = (downtime, keys)
        case .cutover(.settled(let warnings)): self.warnings = warnings
        case .verified(let report): verification = report
        case .cancelled(let report): cancelled = report
        default: break
        }
    }

    /// What has to be copied again is no longer done.
    private mutating func noteOwed(_ attachment: Attachment, at now: Date) {
        guard attachment.owed == .everything else { return }
        (syncedKeys, highestProgress, syncStartedAt, gap) = (nil, 0, now, attachment.gap)
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
        status.reconnecting = phase.isFinal ? nil : reconnecting
        status.cancel = cancelled
        status.downtimeMilliseconds = switched?.downtime
        status.keysMigrated = switched?.keys
        status.writesRefusedSince = fencedAt
        status.stragglers = switched == nil ? nil : stragglers
        status.verification = verification
        status.error = failure ?? self.failure
        let notes = (gap.map { ["everything is copied again: \($0)"] } ?? []) + warnings
        status.note = notes.isEmpty ? nil : notes.joined(separator: "; ")
        return status
    }

    /// When the initial sync will end, at the pace so far; too early to say below one percent.
    private func estimatedCompletion(_ phase: MigrationPhase, _ fraction: Double, _ now: Date) -> Date? {
        guard phase == .initialSync, let syncStartedAt, fraction > 0.01 else { return nil }
        let elapsed = now.timeIntervalSince(syncStartedAt)
        return now.addingTimeInterval(elapsed * (1 - fraction) / fraction)
    }
}

// MARK: - Whether the servers answer

extension RunnerProgress {
    /// Two looks in a row may find a feed behind that is only slow.
    private static let mostSilentTicks = 30

    /// Called once a second.
    mutating func noteLag(_ bytes: Int, told: Int, backlogBytes: Int?) {
        if self.told > 0 { bytesPerSecond = bytesPerSecond * 0.9 + Double(max(0, told - self.told)) * 0.1 }
        self.backlogBytes = backlogBytes
        silentTicks = bytes > 0 && told == self.told ? silentTicks + 1 : 0
        (lagBytes, self.told) = (bytes, told)
    }

    /// Until when the source keeps what comes from now on, at the pace of its writes so far.
    func backlogEnd(from now: Date) -> Date? {
        guard let backlogBytes, attachedAt != nil else { return nil }
        return now.addingTimeInterval(min(Double(backlogBytes) / max(bytesPerSecond, 1), 30 * 86_400))
    }

    /// The source has written more than the feed has said for so long that its connection must be dead.
    var isFeedSilent: Bool { silentTicks > Self.mostSilentTicks }

    mutating func noteFailedAttempt(_ reason: String, at now: Date) {
        attachedAt = nil
        var reconnection = reconnecting ?? Reconnection(since: now, reason: reason)
        reconnection.attempt += 1
        reconnection.reason = reason
        reconnecting = reconnection
    }

    func secondsReconnecting(at now: Date) -> Double {
        reconnecting.map { now.timeIntervalSince($0.since) } ?? 0
    }

    /// How long to wait before both servers are tried again; not at all the first time.
    mutating func nextAttempt() -> Duration {
        reconnecting == nil ? .zero : backoff.next()
    }

    /// Connections that held for a while count as sound again.
    mutating func noteSound(after seconds: Double, at now: Date) {
        guard reconnecting != nil, let attachedAt, now.timeIntervalSince(attachedAt) > seconds else { return }
        (reconnecting, backoff, silentTicks) = (nil, Backoff(), 0)
    }
}

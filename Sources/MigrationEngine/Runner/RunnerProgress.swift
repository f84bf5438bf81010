import FoundationEssentials
import MigrationCore

/// What a runner remembers between two snapshots of its status.
struct RunnerProgress {
    /// As last measured; nil before the first time.
    private(set) var lagBytes: Int?
    /// Once attached.
    var feed: FeedKind?
    var failure: MigrationFailure?
    /// Why state.json could not be written the last time.
    var journalTrouble: String?
    /// How far the servers' clocks are apart, where that is too far.
    var clockTrouble: String?
    /// By whom the source is fenced, where that is another migration.
    var homeTrouble: String?
    /// Why a server had to be connected to again.
    private(set) var lastInterruption: String?
    private(set) var verification: VerificationReport?
    private(set) var cancelled: CancelReport?
    /// Set while a server is being tried again, and for a while after it answers.
    var reconnecting: Reconnection?
    /// When both servers were last connected to.
    var attachedAt: Date?
    private(set) var measured = MigrationMeasurements()
    /// What earlier workers have transferred.
    private var transferredBefore = (keys: 0, bytes: 0)
    /// Where the source stood at an instant: everything up to there is on its way.
    private var awaited: (at: Date, offsets: ShardOffsets)?
    /// Seconds without having reached live_sync, pauses not counted.
    var unsyncedSeconds = 0
    private var backoff = Backoff()
    private var told = 0
    private var bytesPerSecond = 0.0
    /// At the pace of the source.
    private var looks = 0
    /// Before that a source that only rests a moment would seem to rest for ever.
    private static let fewestLooks = 3
    /// What the source's backlog holds; nil where it has none or does not say.
    var backlogBytes: Int?
    private var silentTicks = 0
    /// What the cutover left for the operator to do.
    private var warnings: [String] = []
    private var plan: MigrationPlan
    private let startedAt: Date
    private var syncStartedAt: Date?
    private var syncedKeys: Int?
    private var gap: String?
    private var fencedAt: Date?
    private var keysChecked = 0
    private var switched: (downtime: Double, keys: Int)?
    private var highestProgress = 0.0
    /// What an earlier worker has counted, until this one is past it.
    private var counted: (synced: Int, total: Int)?

    init(plan: MigrationPlan, at now: Date) {
        self.plan = plan
        startedAt = now
    }

    /// As an earlier worker has left it.
    init(_ contents: JournalContents) {
        self.init(plan: contents.plan, at: contents.status.startedAt)
        for record in contents.events { note(record.event, at: record.at) }
        let moved = contents.status.keysMigrated ?? 0
        let total = max(moved, contents.status.keysTotal)
        // A first worker finds nothing counted; what it finds at the source is told before a key is at the target.
        if total > 0 { counted = (max(moved, contents.status.keysSynced), total) }
        highestProgress = min(99.9, contents.status.progress)
        measured = (contents.status.measured ?? measured).takenUp()
        transferredBefore = (measured.keysTransferred, measured.bytesTransferred)
    }

    mutating func note(_ event: MigrationEvent, at now: Date) {
        measured.note(event, at: now)
        switch event {
        case .workerStarted: (failure, unsyncedSeconds) = (nil, 0)
        case .interrupted, .feedGivenUp: awaited = nil
        case .prepared: syncStartedAt = now
        case .attached(let attachment): noteOwed(attachment, at: now)
        case .synced(let keys): (syncedKeys, gap, counted) = (keys, nil, nil)
        case .cutover(.fenceRaised): fencedAt = now
        case .cutover(.fenceLowered): fencedAt = nil
        case .cutover(.checked(_, let keys, _)): keysChecked = keys
        case .cutover(.switched(let downtime)): switched = (downtime, keysChecked)
        case .cutoverEnded(.back): fencedAt = nil
        case .cutoverEnded(.switched(let downtime, let keys)): switched = (downtime, keys)
        case .cutover(.settled(let warnings)): self.warnings = warnings
        case .verified(let report): verification = report
        case .cancelled(let report): cancelled = report
        case .updated(let update): plan.transfer.apply(update)
        default: break
        }
    }

    /// What has to be copied again is no longer done.
    private mutating func noteOwed(_ attachment: Attachment, at now: Date) {
        guard attachment.owed == .everything else { return }
        (syncedKeys, highestProgress, syncStartedAt, gap, counted) = (nil, 0, now, attachment.gap, nil)
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
        let done = Self.done(scan.fraction, queue)
        let percent = isSynced ? 100 : min(99.9, done * 100)
        highestProgress = isSynced ? 100 : max(highestProgress, percent)
        status.progress = (highestProgress * 10).rounded() / 10
        let total = isSynced ? queue.keysAtSource : max(scan.estimatedKeys, queue.keysAtTarget)
        status.keysSynced = max(counted?.synced ?? 0, queue.keysAtTarget)
        status.keysTotal = max(counted?.total ?? 0, total)
        status.lagKeys = switched == nil ? queue.lagKeys : 0
        status.lagBytes = feed == .notifications ? nil : switched == nil ? lagBytes : 0
        let missing = status.keysTotal - queue.keysAtTarget
        status.estimatedCompletion = estimatedCompletion(phase, done, missing: missing, now)
        status.feed = syncStartedAt == nil ? nil : feed
        // What answers again is no news, although it has yet to prove sound.
        status.reconnecting = phase.isFinal || attachedAt != nil ? nil : reconnecting
        status.cancel = cancelled
        status.downtimeMilliseconds = switched?.downtime
        status.keysMigrated = switched?.keys
        status.writesRefusedSince = fencedAt
        status.stragglers = switched == nil ? nil : stragglers
        status.verification = verification
        status.error = failure ?? self.failure
        status.measured = measured
        // Before its pace is known the backlog would seem to last for ever.
        status.measured?.backlogEnd = bytesPerSecond > 0 ? backlogEnd(from: now) : nil
        let copied = gap.map { "everything is copied again: \($0)" }
        let troubles = [journalTrouble, clockTrouble, homeTrouble]
        status.note = Remarks([copied] + plan.insecureRemarks + warnings + troubles).line
        return status
    }

    /// 0 to 1. A scan that runs ahead of a slow target, or of a limit, has only found what is still to be copied.
    private static func done(_ scanned: Double, _ queue: KeyTransferQueue.Snapshot) -> Double {
        let waiting = queue.scannedKeys
        guard waiting > 0 else { return scanned }
        return scanned * Double(queue.keysAtTarget) / Double(queue.keysAtTarget + waiting)
    }

    /// When the initial sync will end, at the pace so far, or at the limit that has been set since where that is less;
    /// too early to say below one percent.
    private func estimatedCompletion(
        _ phase: MigrationPhase,
        _ fraction: Double,
        missing: Int,
        _ now: Date
    ) -> Date? {
        guard phase == .initialSync, let syncStartedAt, fraction > 0.01 else { return nil }
        let elapsed = now.timeIntervalSince(syncStartedAt)
        let limit = plan.transfer.maxKeysPerSecond ?? 0
        let atLimit = limit > 0 ? Double(missing) / Double(limit) : 0
        return now.addingTimeInterval(max(elapsed * (1 - fraction) / fraction, atLimit))
    }
}

// MARK: - Whether the servers answer

extension RunnerProgress {
    /// Two looks in a row may find a feed behind that is only slow.
    private static let mostSilentTicks = 30

    /// Called once a second.
    mutating func noteLag(_ bytes: Int, told: Int, backlogBytes: Int?) {
        if self.told > 0 {
            let now = Double(max(0, told - self.told))
            bytesPerSecond = looks == 0 ? now : bytesPerSecond * 0.9 + now * 0.1
            looks += 1
        }
        self.backlogBytes = backlogBytes
        silentTicks = bytes > 0 && told == self.told ? silentTicks + 1 : 0
        (lagBytes, self.told) = (bytes, told)
    }

    /// Until when the source keeps what comes from now on, at the pace of its writes so far.
    func backlogEnd(from now: Date) -> Date? {
        guard let backlogBytes, attachedAt != nil, looks > Self.fewestLooks else { return nil }
        return now.addingTimeInterval(min(Double(backlogBytes) / max(bytesPerSecond, 1), 30 * 86_400))
    }

    /// The source has written more than the feed has said for so long that its connection must be dead.
    var isFeedSilent: Bool { silentTicks > Self.mostSilentTicks }

    mutating func noteFailedAttempt(_ reason: String, at now: Date) {
        attachedAt = nil
        var reconnection = reconnecting ?? Reconnection(since: now, reason: reason)
        reconnection.attempt += 1
        reconnection.reason = reason
        lastInterruption = reason
        reconnecting = reconnection
    }

    /// What is tried from now on has failed no time yet.
    mutating func noteAnswer() { (reconnecting, backoff) = (nil, Backoff()) }

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

// MARK: - What is measured

extension RunnerProgress {
    /// Called each time before state.json is written, and at no other: see `MigrationMeasurements`.
    mutating func noteTransferred(_ queue: KeyTransferQueue.Snapshot) {
        measured.keysTransferred = transferredBefore.keys + queue.keysTransferred
        measured.bytesTransferred = transferredBefore.bytes + queue.bytesTransferred
    }

    /// - Parameters:
    ///   - offsets: Where the source stood after `asked`.
    ///   - written: Up to where everything is at the target.
    mutating func noteSource(_ offsets: ShardOffsets, asked: Date, written: ShardPositions) {
        if let past = awaited, written.offsets.haveReached(past.offsets) {
            (measured.lastSuccess, awaited) = (past.at, nil)
        }
        guard awaited == nil else { return }
        if written.offsets.haveReached(offsets) {
            measured.lastSuccess = asked
        } else {
            awaited = (asked, offsets)
        }
    }

    /// Nothing is behind, as far as a feed without offsets has said.
    mutating func noteInSync(at now: Date) { measured.lastSuccess = now }

    /// Seconds; nil where it was not measured, and then the last one stays.
    mutating func noteLatency(source: Double? = nil, target: Double? = nil) {
        measured.sourceLatency = source ?? measured.sourceLatency
        measured.targetLatency = target ?? measured.targetLatency
    }
}

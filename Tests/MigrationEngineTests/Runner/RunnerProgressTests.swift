import FoundationEssentials
import MigrationCore
import Testing

@testable import MigrationEngine

@Suite struct RunnerProgressTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)
    private var progress: RunnerProgress

    init() throws {
        progress = RunnerProgress(plan: try Samples.plan(), at: Self.start)
    }

    private mutating func status(
        _ phase: MigrationPhase,
        scanned: Double = 0,
        estimated: Int = 0,
        queue: KeyTransferQueue.Snapshot = .init(),
        stragglers: Int = 0,
        after seconds: Double = 0
    ) -> MigrationStatus {
        progress.status(
            phase: phase,
            failure: nil,
            queue: queue,
            scan: (scanned, estimated, scanned == 1),
            stragglers: stragglers,
            at: Self.start + seconds
        )
    }

    @Test mutating func progressNeverGoesBackAndIs100OnlyWhenSynced() {
        var shown: [Double] = []
        for scanned in [0, 0.25, 0.1, 0.5004, 1] { shown.append(status(.initialSync, scanned: scanned).progress) }
        #expect(shown == [0, 25, 25, 50, 99.9])
        progress.note(.synced(keys: 7), at: Self.start)
        #expect(status(.liveSync).progress == 100)
    }

    /// As with a limit: what was found is not copied.
    @Test mutating func aScanThatRunsAheadIsNoProgress() {
        var queue = KeyTransferQueue.Snapshot()
        (queue.keysAtTarget, queue.scannedKeys) = (600, 2400)
        progress.note(.prepared(users: []), at: Self.start)
        let status = status(.initialSync, scanned: 1, estimated: 3000, queue: queue, after: 10)
        #expect(status.progress == 20 && status.keysSynced == 600 && status.keysTotal == 3000)
        #expect(status.estimatedCompletion == Self.start + 50)
    }

    /// A pace that was faster before the limit was set says nothing any more.
    @Test(arguments: [(100, 24.0), (1000, 10.0), (0, 10.0)])
    mutating func theEstimateKnowsTheLimit(limit: Int, seconds: Double) throws {
        var queue = KeyTransferQueue.Snapshot()
        queue.keysAtTarget = 600
        progress.note(.prepared(users: []), at: Self.start)
        progress.note(.updated(try TransferUpdate(maxKeysPerSecond: limit)), at: Self.start)
        let status = status(.initialSync, scanned: 0.5, estimated: 3000, queue: queue, after: 10)
        #expect(status.estimatedCompletion == Self.start + 10 + seconds)
    }

    @Test mutating func theTotalIsEstimatedAndThenExact() {
        var queue = KeyTransferQueue.Snapshot()
        queue.keysAtTarget = 30
        queue.keysAtSource = 31
        #expect(status(.initialSync, scanned: 0.5, estimated: 60, queue: queue).keysTotal == 60)
        // Fewer than are there already cannot be all.
        #expect(status(.initialSync, scanned: 0.5, estimated: 20, queue: queue).keysTotal == 30)
        progress.note(.synced(keys: 30), at: Self.start)
        let status = status(.liveSync, estimated: 60, queue: queue)
        #expect(status.keysTotal == 31 && status.keysSynced == 30)
    }

    @Test mutating func theEndIsForeseenAtThePaceSoFar() {
        #expect(status(.initialSync, scanned: 0.5, after: 10).estimatedCompletion == nil)
        progress.note(.prepared(users: []), at: Self.start + 10)
        #expect(status(.initialSync, scanned: 0.01, after: 20).estimatedCompletion == nil)
        #expect(status(.initialSync, scanned: 0.25, after: 20).estimatedCompletion == Self.start + 50)
        #expect(status(.liveSync, scanned: 0.25, after: 20).estimatedCompletion == nil)
    }

    @Test mutating func lagIsUnknownUntilTheSourceHasBeenAsked() {
        #expect(status(.initialSync).lagBytes == nil)
        progress.noteLag(50, told: 1, backlogBytes: nil)
        #expect(status(.initialSync).lagBytes == 50)
    }

    @Test mutating func afterTheSwitchNothingLags() {
        var queue = KeyTransferQueue.Snapshot()
        queue.lagKeys = 5
        progress.noteLag(50, told: 1, backlogBytes: nil)
        #expect(status(.liveSync, queue: queue).lagKeys == 5)
        #expect(status(.liveSync, stragglers: 3).stragglers == nil)
        progress.note(.cutover(.fenceRaised), at: Self.start + 1)
        #expect(status(.cutover).writesRefusedSince == Self.start + 1)
        progress.note(.cutoverEnded(.switched(downtimeMilliseconds: 2.5, keysMigrated: 9)), at: Self.start + 2)
        let status = status(.cleanup, queue: queue, stragglers: 3)
        #expect(status.lagKeys == 0 && status.lagBytes == 0 && status.stragglers == 3)
        #expect(status.downtimeMilliseconds == 2.5 && status.keysMigrated == 9)
        #expect(status.writesRefusedSince == Self.start + 1)
    }

    @Test mutating func aFenceThatWentDownIsForgotten() {
        progress.note(.cutover(.fenceRaised), at: Self.start)
        progress.note(.cutover(.fenceLowered), at: Self.start)
        #expect(status(.liveSync).writesRefusedSince == nil)
    }

    @Test mutating func whatHasToBeCopiedAgainIsNotDone() {
        progress.note(.synced(keys: 7), at: Self.start)
        let servers = ServerIdentities(source: "s", target: "t")
        let gap = Attachment(positions: [:], servers: servers, owed: .everything, gap: "the backlog was too small")
        progress.note(.attached(gap), at: Self.start + 60)
        let status = status(.initialSync, scanned: 0.5, estimated: 8, after: 70)
        #expect(status.progress == 50)
        #expect(status.note == "everything is copied again: the backlog was too small")
        #expect(status.estimatedCompletion == Self.start + 80)
        progress.note(.synced(keys: 8), at: Self.start + 80)
        #expect(self.status(.liveSync).note == nil)
    }

    @Test mutating func aServerIsTriedAgainMoreAndMoreSeldomUntilItIsSound() {
        #expect(progress.nextAttempt() == .zero)
        progress.noteFailedAttempt("refused", at: Self.start)
        let first = progress.nextAttempt()
        #expect(first >= .milliseconds(50) && first <= .milliseconds(100))
        progress.noteFailedAttempt("timed out", at: Self.start + 1)
        #expect(progress.nextAttempt() >= .milliseconds(100))
        let shown = status(.liveSync).reconnecting
        #expect(shown == Reconnection(since: Self.start, attempt: 2, reason: "timed out"))
        #expect(progress.secondsReconnecting(at: Self.start + 9) == 9)
        progress.attachedAt = Self.start + 10
        progress.noteSound(after: 3, at: Self.start + 12)
        #expect(progress.reconnecting != nil)
        progress.noteSound(after: 3, at: Self.start + 14)
        #expect(progress.reconnecting == nil)
        #expect(progress.nextAttempt() == .zero)
    }

    @Test mutating func aFeedThatIsBehindAndSaysNothingIsSilent() {
        for _ in 0..<60 { progress.noteLag(0, told: 5, backlogBytes: nil) }
        #expect(!progress.isFeedSilent, "nothing is there to be said")
        for told in 5..<60 { progress.noteLag(9, told: told, backlogBytes: nil) }
        #expect(!progress.isFeedSilent, "slow is not silent")
        for _ in 0..<40 { progress.noteLag(9, told: 60, backlogBytes: nil) }
        #expect(progress.isFeedSilent)
    }

    /// A worker that takes up a migration behind the switch counts nothing any more.
    @Test func whatAnEarlierWorkerHasCountedIsKept() throws {
        let sample = try SampleJournal()
        let (journal, _) = try Journal.open(sample.folder)
        for event in try Samples.life().dropLast() { try journal.append(event, at: Self.start) }
        var resumed = RunnerProgress(try JournalContents.read(sample.folder))
        resumed.note(.workerStarted(processID: 2), at: Self.start)
        func keys(_ queue: KeyTransferQueue.Snapshot) -> [Int] {
            let status = resumed.status(
                phase: .cleanup,
                failure: nil,
                queue: queue,
                scan: (0, 0, false),
                stragglers: 0,
                at: Self.start
            )
            return [status.keysSynced, status.keysTotal]
        }
        #expect(keys(.init()) == [3, 3])
        var counting = KeyTransferQueue.Snapshot()
        (counting.keysAtTarget, counting.keysAtSource) = (2, 2)
        #expect(keys(counting) == [3, 3], "they are still there")
        (counting.keysAtTarget, counting.keysAtSource) = (5, 5)
        #expect(keys(counting) == [5, 5])
        resumed.note(.synced(keys: 0), at: Self.start)
        #expect(keys(.init()) == [0, 0])
    }

    /// What the scan has found is told also while the target has taken nothing yet.
    @Test func aFirstWorkerTellsWhatItFinds() throws {
        let sample = try SampleJournal()
        var first = RunnerProgress(try JournalContents.read(sample.folder))
        let status = first.status(
            phase: .initialSync,
            failure: nil,
            queue: .init(),
            scan: (0.5, 60, false),
            stragglers: 0,
            at: Self.start
        )
        #expect(status.keysSynced == 0 && status.keysTotal == 60)
    }

    @Test mutating func aServerThatAnswersAgainIsNoTrouble() {
        progress.noteFailedAttempt("it is away", at: Self.start)
        #expect(status(.liveSync).reconnecting?.reason == "it is away")
        progress.attachedAt = Self.start + 1
        #expect(status(.liveSync).reconnecting == nil)
        progress.noteFailedAttempt("it is away again", at: Self.start + 2)
        #expect(status(.liveSync).reconnecting?.attempt == 2, "it was not sound")
    }
}

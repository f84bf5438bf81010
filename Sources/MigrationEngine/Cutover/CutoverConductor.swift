import FoundationEssentials
import Logging
import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Performs what `CutoverStateMachine` decides, one action at a time, and tells it what came of it.
final class CutoverConductor: Sendable {
    let options: CutoverOptions
    let synchronizer: Synchronizer
    let router: ChangeRouter
    let logger: Logger
    let servers: CutoverServers
    private let home: HomeGuard
    private let checks: FencedChecks
    /// The operator's own part of the cutover, as soon as the fence is up.
    private let fenced: @Sendable () async throws(MigrationFailure) -> Void
    /// What the operator's part is doing now.
    private let step: @Sendable () -> String?
    /// Writes an event down before the step that it announces is taken.
    private let journal: @Sendable (CutoverEvent) async throws -> Void

    init(
        options: CutoverOptions,
        synchronizer: Synchronizer,
        router: ChangeRouter,
        servers: CutoverServers,
        home: HomeGuard,
        logger: Logger,
        fenced: @escaping @Sendable () async throws(MigrationFailure) -> Void,
        step: @escaping @Sendable () -> String?,
        journal: @escaping @Sendable (CutoverEvent) async throws -> Void
    ) {
        self.options = options
        self.synchronizer = synchronizer
        self.router = router
        self.servers = servers
        self.home = home
        checks = FencedChecks(servers, home: home)
        self.logger = logger
        self.fenced = fenced
        self.step = step
        self.journal = journal
    }

    /// Returns how the cutover ended, or that its fence could not be lowered.
    func run() async -> MigrationEvent {
        var machine = CutoverStateMachine()
        var action = machine.firstAction
        var fence = FenceRecord(kind: options.fence, users: [])
        var pause = CutoverPause(budgetMilliseconds: options.maxPauseMilliseconds)
        while true {
            if case .finish(let outcome) = action { return .cutoverEnded(outcome) }
            if case .leave(let failure) = action { return .cutoverUnsettled(failure) }
            if case .raiseFence = action { pause.begin() }
            let happened = await perform(action, pause, fence)
            var event = happened
            do {
                try await journal(event)
            } catch {
                event = unwritten(happened, after: action, error)
            }
            if case .prepared(let record) = event { fence = record }
            if case .switched = event { await switched(fence) }
            guard let next = machine.handle(event) else {
                return .cutoverUnsettled(MigrationFailure(.failed, "the cutover ended out of turn"))
            }
            action = next
        }
    }

    /// What cannot be written down has not happened and leads back, even a switch. What came of going back stays true
    /// without the journal.
    private func unwritten(_ event: CutoverEvent, after action: CutoverAction, _ error: any Error) -> CutoverEvent {
        if case .lowerFence = action { return event }
        return .failed((error as? MigrationFailure) ?? MigrationFailure(.failed, "the journal cannot be written"))
    }

    private func perform(
        _ action: CutoverAction,
        _ pause: CutoverPause,
        _ fence: FenceRecord
    ) async -> CutoverEvent {
        logger.debug("cutover", metadata: ["step": "\(action.name)"])
        let step: @Sendable () async throws(MigrationFailure) -> CutoverEvent
        switch action {
        case .prepare: return await Self.event { () async throws(MigrationFailure) in try await self.prepare() }
        case .lowerFence(let record):
            return await Self.event { () async throws(MigrationFailure) in try await self.lower(record, pause) }
        case .raiseFence(let record): step = { () async throws(MigrationFailure) in try await self.raise(record) }
        case .readBarrier: step = { () async throws(MigrationFailure) in try await self.readBarrier(fence) }
        case .drain(let barrier): step = { () async throws(MigrationFailure) in try await self.drain(barrier) }
        case .check(let barrier): step = { () async throws(MigrationFailure) in try await self.check(barrier) }
        case .switchTraffic: step = { () async throws(MigrationFailure) in try await self.switchTraffic(pause) }
        case .finish, .leave: return .failed(MigrationFailure(.failed, action.name))
        }
        let late = { @Sendable in CutoverEvent.budgetSpent(step: self.step() ?? action.name) }
        return await pause.deadline.race(orElse: late()) { await Self.event(step) }
    }

    private static func event(
        _ step: @Sendable () async throws(MigrationFailure) -> CutoverEvent
    ) async -> CutoverEvent {
        do throws(MigrationFailure) { return try await step() } catch { return .failed(error) }
    }
}

// MARK: - The steps

extension CutoverConductor {
    /// Everything that may take its time, before anybody is stopped.
    private func prepare() async throws(MigrationFailure) -> CutoverEvent {
        try await servers.checkClocks(synchronizer.queue.clockTolerance)
        try FailPoint.reach(.attachTargetFeed)
        try await servers.attachTargetFeed()
        try await home.checkEarlierMoves(try await home.check(insists: false))
        try await servers.checkOperatorsUsers()
        try FailPoint.reach(.prepareFence)
        let record = try await servers.prepareFence()
        try await servers.counters.beginEvictions()
        try await synchronizer.census()
        try await synchronizer.settle()
        try await servers.checkUsers()
        return .prepared(record)
    }

    private func raise(_ record: FenceRecord) async throws(MigrationFailure) -> CutoverEvent {
        router.watch()
        try FailPoint.reach(.raiseFence)
        let servers = servers
        _ = try await concurrently(
            { () async throws(MigrationFailure) in try await servers.fence.raise(record) },
            { () async throws(MigrationFailure) in try await servers.counters.beginDeaths() }
        )
        try FailPoint.reach(.fenceRaised)
        let begin = ContinuousClock.now
        try await fenced()
        // What expires while an operator's program runs is no excuse for what is deleted behind the barrier.
        if .now - begin > .milliseconds(5) { try await servers.counters.beginDeaths() }
        return .fenceRaised
    }

    private func readBarrier(_ fence: FenceRecord) async throws(MigrationFailure) -> CutoverEvent {
        try FailPoint.reach(.readBarrier)
        checks.begin(fence)
        return .barrierRead(try await synchronizer.sourceOffsets())
    }

    private func drain(_ barrier: ShardOffsets) async throws(MigrationFailure) -> CutoverEvent {
        try FailPoint.reach(.drain)
        // What comes behind it is known for such from here on.
        _ = router.findings(after: barrier)
        // Who writes on and on would keep the queue from ever being idle.
        try await reach(barrier) { $0.isIdle || self.router.findings(after: barrier).writes > 0 }
        if let leak = try await leak(after: barrier) { return .leaked(leak) }
        return .drained
    }

    /// Lets nothing more through, looks once more at where the source stands, and at what came since the barrier.
    private func check(_ barrier: ShardOffsets) async throws(MigrationFailure) -> CutoverEvent {
        try FailPoint.reach(.check)
        synchronizer.queue.freeze()
        let end = try await synchronizer.sourceOffsets()
        try await reach(end) { $0.isSettled }
        if let leak = try await leak(after: barrier) { return .leaked(leak) }
        try FailPoint.reach(.watchTarget)
        let servers = servers
        let (evicted, watch) = try await concurrently(
            { () async throws(MigrationFailure) in try await servers.counters.evictions() },
            { () async throws(MigrationFailure) in try await servers.beginWatchingTarget() }
        )
        guard evicted == 0 else { throw Self.evicts(evicted) }
        let snapshot = synchronizer.queue.snapshot
        return .checked(keysSource: snapshot.keysAtSource, keysTarget: snapshot.keysAtTarget, watch: watch)
    }

    private static func evicts(_ count: Int) -> MigrationFailure {
        MigrationFailure(
            .failed,
            "cutover stopped: the target evicted \(count) keys while its keys were counted; give it more maxmemory or "
                + "maxmemory-policy noeviction, and try again"
        )
    }

    private func switchTraffic(_ pause: CutoverPause) async throws(MigrationFailure) -> CutoverEvent {
        try FailPoint.reach(.switchTraffic)
        try await checks.hold()
        try await servers.switchTraffic()
        try FailPoint.reach(.trafficSwitched)
        return .switched(downtimeMilliseconds: pause.milliseconds)
    }

    /// Nothing of the source is applied any more. Decided here and not in the step, which may have come too late.
    private func switched(_ fence: FenceRecord) async {
        router.switched()
        let left = await servers.settle(fence)
        try? await journal(.settled(left + (await home.remarks())))
    }

    /// Both sides as they were: the target closed to the tenant's writes before the source is opened to them. Where the
    /// tenant has written at the target already, or may have, the switch had happened, and stays.
    private func lower(_ record: FenceRecord, _ pause: CutoverPause) async throws(MigrationFailure) -> CutoverEvent {
        await checks.end()
        if let failure = await checks.obstacle(hasSwitched: servers.hasTriedSwitch) { return .fenceLeft(failure) }
        if try await servers.revertSwitch() {
            try await servers.switchTraffic()
            return .switched(downtimeMilliseconds: pause.milliseconds)
        }
        router.stopWatching()
        synchronizer.queue.thaw()
        if let command = servers.watch.emptiedBy { synchronizer.targetEmptied(by: command) }
        try FailPoint.reach(.lowerFence)
        try await servers.lowerFence(record)
        try FailPoint.reach(.fenceLowered)
        return .fenceLowered
    }

    /// Waits until every feed has passed its offset and the queue is as wanted.
    private func reach(
        _ offsets: ShardOffsets,
        _ isReached: (KeyTransferQueue.Snapshot) -> Bool
    ) async throws(MigrationFailure) {
        while true {
            try synchronizer.check()
            if synchronizer.haveFeeds(reached: offsets), isReached(synchronizer.queue.snapshot) { return }
            synchronizer.rereading.hurry()
            do {
                try await Task.sleep(for: .microseconds(100))
            } catch {
                throw MigrationFailure(.failed, "the cutover was stopped")
            }
        }
    }

    /// A touch behind the barrier that is no death of the source's own doing. Expiry and eviction reach the stream as
    /// DEL; the source counts them.
    private func leak(after barrier: ShardOffsets) async throws(MigrationFailure) -> LeakReport? {
        let findings = router.findings(after: barrier)
        var found = findings.firstWrite
        if found == nil, findings.deletions > 0 {
            let deaths = try await servers.counters.deaths() ?? 0
            found = findings.deletions > deaths ? findings.lastDeletion : nil
        }
        guard let found else { return nil }
        let suspects = await servers.suspects()
        return LeakReport(database: found.database, key: found.key, command: found.command, suspects: suspects)
    }
}

/// The time during which the tenant cannot write: measured from the fence's first change.
struct CutoverPause: Sendable {
    private let budget: Duration
    private var start: ContinuousClock.Instant

    init(budgetMilliseconds: Int) {
        budget = .milliseconds(budgetMilliseconds)
        start = .now
    }

    mutating func begin() { start = .now }

    var deadline: Deadline { Deadline(instant: start + budget) }

    var milliseconds: Double {
        let parts = (ContinuousClock.now - start).components
        let exact = Double(parts.seconds) * 1000 + Double(parts.attoseconds) / 1e15
        return (exact * 1000).rounded() / 1000
    }
}

import FoundationEssentials
import Logging
import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Runs one migration: takes events one by one, journals each, asks the state machine, and performs what it answers.
/// It decides nothing itself.
package actor MigrationRunner {
    let plan: MigrationPlan
    let endpoints: MigrationEndpoints
    let group: any EventLoopGroup
    let logger: Logger
    let journal: Journal
    let synchronizer: Synchronizer
    let router: ChangeRouter
    private let inbox: AsyncStream<MigrationEvent>
    let post: AsyncStream<MigrationEvent>.Continuation

    private(set) var machine = MigrationStateMachine()
    var progress: RunnerProgress
    /// The users that the tool made at the target.
    var users: [CopiedUser] = []
    /// Open from a cutover's beginning until its verification has ended.
    var cutoverServers: CutoverServers?
    private var fence: FenceRecord?
    private var stopSignal: String?
    /// A failure is being dealt with; those that follow from it are no news.
    var isFailing = false
    /// What ended the synchronisation while a cutover was under way.
    var failureMeanwhile: MigrationFailure?
    private var waitingForCutover: [CheckedContinuation<CutoverOutcome, Never>] = []
    private var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    private var hasEnded = false
    /// `run()` has ended, and everybody who waited was told.
    package private(set) var isOver = false

    package init(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        journal: Journal,
        group: any EventLoopGroup,
        logger: Logger
    ) {
        self.plan = plan
        self.endpoints = endpoints
        self.group = group
        self.logger = logger
        self.journal = journal
        progress = RunnerProgress(plan: plan, at: Date())
        let synchronizer = Synchronizer(plan: plan, endpoints: endpoints, group: group)
        self.synchronizer = synchronizer
        (inbox, post) = AsyncStream.makeStream(of: MigrationEvent.self)
        router = ChangeRouter(
            queue: synchronizer.queue,
            cleared: { databases, hold in
                Task {
                    do throws(MigrationFailure) {
                        try await synchronizer.resynchronize(databases)
                        synchronizer.queue.release(hold)
                    } catch {
                        synchronizer.fail(error)
                    }
                }
            },
            lost: { reason in
                let server = endpoints.source.description
                let error = RedisClientError.disconnected(server: server, reason: reason)
                synchronizer.fail(MigrationFailure(error, while: "following the changes"))
            }
        )
    }

    /// Runs to the end of the migration, or until it is stopped, and returns how it stands then.
    package func run() async -> MigrationStatus {
        let watchdogs = startWatchdogs()
        take(.workerStarted(processID: Int(ProcessInfo.processInfo.processIdentifier)))
        for await event in inbox {
            take(event)
            if hasEnded { break }
        }
        for watchdog in watchdogs { watchdog.cancel() }
        await synchronizer.close()
        await cutoverServers?.close()
        writeState()
        isOver = true
        let waiting = waitingForEnd
        waitingForEnd = []
        for continuation in waiting { continuation.resume() }
        return status()
    }

    /// Journals the event, asks the machine and performs its actions.
    private func take(_ event: MigrationEvent) {
        if machine.phase == .cutover, waitsForCutover(event) { return }
        do {
            var next = machine
            let actions = try next.handle(event)
            try journal.append(event, at: Date())
            machine = next
            note(event)
            for action in actions { perform(action) }
        } catch let error as JournalError {
            endWithoutJournal(error.failure)
        } catch {
            logger.warning("event out of turn", metadata: ["event": "\(event)", "reason": "\(error)"])
        }
    }

    /// A cutover is short and ends either way; what it holds up is not left behind.
    private func waitsForCutover(_ event: MigrationEvent) -> Bool {
        switch event {
        case .stopped(let signal): stopSignal = signal
        case .failed(let failure): failureMeanwhile = failure
        default: return false
        }
        return true
    }

    /// What cannot be written down is not done.
    private func endWithoutJournal(_ failure: MigrationFailure) {
        guard !hasEnded else { return }
        logger.error("the journal cannot be written", metadata: ["reason": "\(failure.message)"])
        _ = try? machine.handle(.failed(failure))
        progress.failure = failure
        finish()
    }

    private func note(_ event: MigrationEvent) {
        progress.note(event, at: Date())
        logger.info("event", metadata: ["phase": "\(machine.phase.rawValue)", "event": "\(event.name)"])
        if case .cutoverEnded(let outcome) = event {
            let waiting = waitingForCutover
            waitingForCutover = []
            for continuation in waiting { continuation.resume(returning: outcome) }
            // Once traffic is switched the copy's own connections are of no use any more.
            if case .back = outcome, let failureMeanwhile { post.yield(.failed(failureMeanwhile)) }
            if let stopSignal { post.yield(.stopped(signal: stopSignal)) }
        }
        if case .failed(let failure) = event {
            logger.error("failed", metadata: ["reason": "\(failure.message)"])
        }
        writeState()
    }

    func finish() {
        hasEnded = true
        post.finish()
        let waiting = waitingForCutover
        waitingForCutover = []
        let failure = machine.failure ?? MigrationFailure(.failed, "the worker ended")
        for continuation in waiting { continuation.resume(returning: .back(failure)) }
    }

    /// Journals a cutover's event. The fence is kept in the state for as long as it may be up.
    func noteCutover(_ event: CutoverEvent) throws {
        switch event {
        case .prepared(let record): fence = record
        case .fenceLowered, .switched: fence = nil
        default: break
        }
        do throws(JournalError) {
            try journal.append(.cutover(event), at: Date())
        } catch {
            throw error.failure
        }
        progress.note(.cutover(event), at: Date())
    }

    func writeState() {
        let positions = synchronizer.queue.safePositions.sorted { $0.key < $1.key }.map(\.value)
        do {
            try journal.writeState(JournalState(status: status(), positions: positions, fence: fence))
        } catch {
            logger.error("state.json cannot be written", metadata: ["reason": "\(error.failure.message)"])
        }
    }
}

// MARK: - What is asked of a running migration

extension MigrationRunner {
    package func status() -> MigrationStatus {
        progress.status(
            phase: machine.phase,
            failure: machine.failure,
            queue: synchronizer.queue.snapshot,
            scan: (synchronizer.scanned, synchronizer.estimatedKeys, synchronizer.isScanDone),
            stragglers: router.stragglers,
            at: Date()
        )
    }

    /// Ends with the switch, or with the fence down again and live sync going on.
    package func cutover(_ options: CutoverOptions) async throws(MigrationFailure) -> CutoverOutcome {
        try checkCutover(options)
        return await withCheckedContinuation { continuation in
            waitingForCutover.append(continuation)
            post.yield(.cutoverRequested(options))
        }
    }

    /// The result of the verification across the switch, once it has ended; nil where there was none.
    package func verification() async -> VerificationReport? {
        if !isOver {
            await withCheckedContinuation { waitingForEnd.append($0) }
        }
        return progress.verification
    }

    package func stop(signal: String) {
        post.yield(.stopped(signal: signal))
    }

    private func checkCutover(_ options: CutoverOptions) throws(MigrationFailure) {
        guard !hasEnded || machine.phase.isFinal else {
            throw MigrationFailure(.failed, "\(plan.id) was stopped in phase \(machine.phase.rawValue)")
        }
        guard waitingForCutover.isEmpty else {
            throw MigrationFailure(.notNow, "a cutover of \(plan.id) is under way; wait for it")
        }
        switch machine.phase {
        case .liveSync: break
        case .preparing, .initialSync, .cutover, .paused:
            throw MigrationFailure(
                .notNow,
                "\(plan.id) is in phase \(machine.phase.rawValue); a cutover is possible in live_sync, try again then"
            )
        case .cleanup, .completed:
            throw MigrationFailure(.failed, "\(plan.id) is switched to \(plan.target.address) already")
        case .failed, .cancelled:
            throw MigrationFailure(.failed, "\(plan.id) is \(machine.phase.rawValue); start a new migration")
        }
        let lag = synchronizer.queue.snapshot.lagKeys
        guard lag <= options.maxLag || options.force else {
            throw MigrationFailure(
                .notNow,
                "lag_keys is \(lag), over cutover_max_lag \(options.maxLag); wait until it is lower, or use --force"
            )
        }
    }
}

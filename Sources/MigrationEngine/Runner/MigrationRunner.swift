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
    /// Whether the tenant is still this migration's.
    let home: HomeGuard
    /// The operator's programs; nil where none were asked for.
    let hooks: MigrationHooks?
    var lagAlarm: LagAlarm
    /// Looks at the lag, one a second.
    var ticks = 0
    private let inbox: AsyncStream<MigrationEvent>
    let post: AsyncStream<MigrationEvent>.Continuation

    var machine: MigrationStateMachine
    var progress: RunnerProgress
    /// How far the last cutover has come, whoever ran it.
    var trace: CutoverTrace
    /// What an earlier worker knew of positions and servers.
    let memory: Synchronizer.Memory?
    /// The users that the tool made at the target, by the names that are in the journal.
    var ownedUsers: [String]
    /// What is changed at the source for the migration's time.
    var raisedSettings: [ServerSetting]
    /// Open from a cutover's beginning until its verification has ended.
    var cutoverServers: CutoverServers?
    /// The scan and what belongs to it, while it runs.
    var syncTask: Task<Void, Never>?
    var attachTask: Task<Void, Never>?
    /// Brings the copied users up to date.
    var userTask: Task<Void, Never>?
    var userWatch = UserWatch()
    /// Opens or closes lanes while the others go on.
    var laneTask: Task<Void, Never>?
    private var stopSignal: String?
    /// This worker's own cutover is under way.
    var isConducting = false
    /// A cutover that has no worker, or left its fence up, is being brought to an end.
    var isSettling = false
    var settlements = SettlementAttempts()
    /// A failure is being dealt with; those that follow from it are no news.
    var isFailing = false
    /// What ended the synchronisation while a cutover was under way.
    var failureMeanwhile: MigrationFailure?
    var waitingForCutover: [CheckedContinuation<CutoverOutcome, Never>] = []
    /// Of the schedule that holds now.
    var scheduledTries = CutoverTries()
    private var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    /// Before that the phase is what an earlier worker has left, which says nothing of this one.
    var hasBegun = false
    private(set) var hasEnded = false
    /// `run()` has ended, and everybody who waited was told.
    package private(set) var isOver = false

    /// - Parameters:
    ///   - contents: What the journal holds: a migration's plan, and whatever has become of it.
    ///   - earlierMoves: By migrations that have moved the tenant before.
    package init(
        journal: Journal,
        contents: JournalContents,
        endpoints: MigrationEndpoints,
        earlierMoves: [EarlierMove] = [],
        group: any EventLoopGroup,
        logger: Logger,
        hooks: MigrationHooks? = nil
    ) {
        self.hooks = hooks
        lagAlarm = LagAlarm(threshold: contents.workerOptions?.lagHighKeys ?? LagAlarm.defaultThreshold)
        plan = contents.plan
        self.endpoints = endpoints
        self.group = group
        self.logger = logger
        self.journal = journal
        home = HomeGuard(contents, endpoints: endpoints, earlierMoves: earlierMoves, group: group)
        machine = contents.machine
        progress = RunnerProgress(contents)
        trace = contents.state.cutover
        memory = contents.state.servers.map {
            .init(positions: contents.state.positions, servers: $0, keys: contents.status.keysSynced)
        }
        ownedUsers = contents.ownedUsers
        raisedSettings = contents.raisedSettings
        let synchronizer = Synchronizer(plan: contents.plan, endpoints: endpoints, group: group)
        self.synchronizer = synchronizer
        (inbox, post) = AsyncStream.makeStream(of: MigrationEvent.self)
        router = ChangeRouter(
            queue: synchronizer.queue,
            cleared: { synchronizer.readAgain($0, isUrgent: $1) },
            lost: { synchronizer.feedLost($0) }
        )
        synchronizer.remember(contents.raisedSettings)
        if contents.machine.phase == .paused { synchronizer.queue.freeze() }
    }

    /// Runs to the end of the migration, or until it is stopped, and returns how it stands then.
    package func run() async -> MigrationStatus {
        take(.workerStarted(processID: Int(ProcessInfo.processInfo.processIdentifier)))
        return await goOn()
    }

    /// Cancels a migration that has no worker, and returns how it stands then.
    package func runCancel(force: Bool) async -> MigrationStatus {
        take(.cancelRequested(force: force))
        return await goOn()
    }

    private func goOn() async -> MigrationStatus {
        await lookFirst()
        let watchdogs = startWatchdogs()
        synchronizer.noteSettings { [weak self] setting async throws(MigrationFailure) in
            try await self?.noteRaised(setting)
        }
        if !hasEnded {
            for await event in inbox {
                take(event)
                hasBegun = true
                if hasEnded { break }
            }
        }
        for watchdog in watchdogs { watchdog.cancel() }
        syncTask?.cancel()
        await synchronizer.close()
        await endLaneTask()
        await cutoverServers?.close()
        await home.close()
        // What is interrupted or has failed may be resumed, and needs them then.
        let hasEndedForGood = machine.phase.isOver
        if hasEndedForGood { await restoreSettings() }
        writeState()
        if hasEndedForGood { journal.giveReserveBack() }
        // The next to take the migration up may be in this process, and need not wait until this value is let go.
        journal.close()
        isOver = true
        let waiting = waitingForEnd
        waitingForEnd = []
        for continuation in waiting { continuation.resume() }
        // Nobody waits for them but this process.
        await hooks?.drain()
        return status()
    }

    /// Journals the event, asks the machine and performs its actions.
    func take(_ event: MigrationEvent) {
        if machine.isInCutover, waitsForCutover(event) { return }
        do {
            var next = machine
            let actions = try next.handle(event)
            try journal.append(event, at: Date())
            machine = next
            note(event)
            for action in actions { perform(action) }
        } catch let error as JournalError {
            endWithoutJournal(error, at: event)
        } catch {
            let reason = (error as? TransitionError)?.words ?? "\(error)"
            logger.warning("event out of turn", metadata: ["event": "\(event.name)", "reason": "\(reason)"])
            guard case .cutoverRequested = event else { return }
            let words = "\(plan.id) cannot be cut over now: \(reason); see 'ferrite-migrate status \(plan.id)'"
            answerCutover(.back(MigrationFailure(.notNow, words)))
        }
    }

    /// A cutover is short and ends either way; what it holds up is not left behind. Its settlement may take for ever,
    /// and whoever comes next goes on with it.
    private func waitsForCutover(_ event: MigrationEvent) -> Bool {
        switch event {
        case .stopped(let signal) where isConducting: stopSignal = signal
        case .failed(let failure) where isConducting: failureMeanwhile = failure
        case .interrupted(let failure): failureMeanwhile = failure
        // The cutover looks for itself.
        case .superseded where isConducting: break
        default: return false
        }
        return true
    }

    /// What cannot be written down is not done. Nobody will read in the journal where things stand, so it is said.
    private func endWithoutJournal(_ error: JournalError, at event: MigrationEvent) {
        guard !hasEnded else { return }
        var next = machine
        _ = try? next.handle(event)
        let verb = next.isCancelling || next.phase == .cancelled ? "cancel" : "resume"
        var failure = error.failure(then: "run 'ferrite-migrate \(verb) \(plan.id)'")
        failure.message = "\(standing(next, event)); \(failure.message)"
        logger.error("the journal cannot be written", metadata: ["reason": "\(failure.message)"])
        _ = try? machine.handle(.failed(failure))
        progress.failure = failure
        finish()
    }

    private func standing(_ machine: MigrationStateMachine, _ event: MigrationEvent) -> String {
        if case .failed(let failure) = event { return failure.message }
        if machine.isSwitched { return "traffic is switched to \(endpoints.target)" }
        if trace.fence != nil { return "the fence at \(endpoints.source) may still be up" }
        return "traffic is still at \(endpoints.source)"
    }

    private func note(_ event: MigrationEvent) {
        progress.note(event, at: Date())
        logger.info("event", metadata: ["phase": "\(machine.phase.rawValue)", "event": "\(event.name)"])
        switch event {
        case .prepared(let users): own(users)
        case .attached: attached()
        case .cutoverUnsettled(let failure): cutoverLeft(failure)
        case .cutoverEnded(let outcome): cutoverEnded(outcome)
        case .superseded(_, let failure):
            trace.end()
            logger.error("\(event.name)", metadata: ["reason": "\(failure.message)"])
        case .cutoverScheduled: scheduledTries = CutoverTries()
        case .cutoverScheduleEnded(let end): logger.warning("\(end.reason)")
        case .failed(let failure), .interrupted(let failure), .unverified(let failure):
            logger.error("\(event.name)", metadata: ["reason": "\(failure.message)"])
        default: break
        }
        for name in HookName.names(event, in: machine.phase) { hooks?.post(name, status()) }
        writeState()
    }

    /// Both servers answer, and what that owes is in the phase. What broke between the last look and now was told to
    /// nobody.
    private func attached() {
        progress.attachedAt = Date()
        if let failure = synchronizer.failure { post.yield(.interrupted(failure)) }
        adjustLanes()
    }

    /// Whoever waits is told why, and what is left for later waits for the settlement.
    private func cutoverLeft(_ failure: MigrationFailure) {
        logger.error("the fence may still be up", metadata: ["reason": "\(failure.message)"])
        isConducting = false
        answerCutover(.back(failure))
        if let stopSignal { post.yield(.stopped(signal: stopSignal)) }
    }

    private func cutoverEnded(_ outcome: CutoverOutcome) {
        home.forget()
        trace.end()
        (isConducting, isSettling) = (false, false)
        answerCutover(outcome)
        // Once traffic is switched the copy's own connections are of no use any more.
        if case .back(let reason) = outcome {
            if reason.kind == .superseded {
                Task { await fail(reason) }
            } else if let failure = failureMeanwhile {
                linkFailed(failure)
            }
        }
        failureMeanwhile = nil
        if let stopSignal { post.yield(.stopped(signal: stopSignal)) }
    }

    func finish() {
        hasEnded = true
        post.finish()
        answerCutover(.back(machine.failure ?? MigrationFailure(.failed, "the worker ended")))
    }

    private func answerCutover(_ outcome: CutoverOutcome) {
        let waiting = waitingForCutover
        waitingForCutover = []
        for continuation in waiting { continuation.resume(returning: outcome) }
    }

    /// Journals a cutover's event before the step that it announces is taken.
    func noteCutover(_ event: CutoverEvent) throws {
        let now = Date()
        trace.note(event, at: now)
        do throws(JournalError) {
            try journal.append(.cutover(event), at: now, isSynced: event.isNeededToSettle)
        } catch {
            let failure = error.failure(then: "run 'ferrite-migrate cutover \(plan.id)' again")
            throw MigrationFailure(failure.kind, "cutover stopped: \(failure.message)")
        }
        progress.note(.cutover(event), at: now)
        // Users may have come since the copies were made.
        if case .prepared(let fence) = event, !fence.switches.isEmpty { own(fence.switches.map(\.description)) }
    }

    /// The users at the target that the migration has made.
    func own(_ users: [String]) {
        ownedUsers = users
        home.note(users: users)
    }

    func writeState() {
        progress.noteTransferred(synchronizer.queue.snapshot)
        let positions = synchronizer.queue.safePositions
        let servers = synchronizer.servers ?? memory?.servers
        let known = positions.isEmpty ? memory?.positions ?? [:] : positions
        var state = JournalState(status: status(), positions: known, servers: servers, cutover: trace)
        state.backlogEnd = progress.backlogEnd(from: Date())
        var trouble: String?
        do {
            try journal.writeState(state)
        } catch {
            trouble = error.failure.message
        }
        if let trouble, trouble != progress.journalTrouble {
            logger.error("state.json cannot be written", metadata: ["reason": "\(trouble)"])
        }
        progress.journalTrouble = trouble
    }

    /// Returns when `run()` has ended.
    func end() async {
        guard !isOver else { return }
        await withCheckedContinuation { waitingForEnd.append($0) }
    }
}

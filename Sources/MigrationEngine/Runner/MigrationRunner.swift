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
    private var stopSignal: String?
    /// A failure is being dealt with; those that follow from it are no news.
    var isFailing = false
    /// What ended the synchronisation while a cutover was under way.
    var failureMeanwhile: MigrationFailure?
    var waitingForCutover: [CheckedContinuation<CutoverOutcome, Never>] = []
    private var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    private(set) var hasEnded = false
    /// `run()` has ended, and everybody who waited was told.
    package private(set) var isOver = false

    /// - Parameters:
    ///   - contents: What the journal holds: a migration's plan, and whatever has become of it.
    package init(
        journal: Journal,
        contents: JournalContents,
        endpoints: MigrationEndpoints,
        group: any EventLoopGroup,
        logger: Logger
    ) {
        plan = contents.plan
        self.endpoints = endpoints
        self.group = group
        self.logger = logger
        self.journal = journal
        machine = contents.machine
        progress = RunnerProgress(contents)
        trace = contents.state.cutover
        memory = contents.state.servers.map { .init(positions: contents.state.positions, servers: $0) }
        ownedUsers = contents.ownedUsers
        raisedSettings = contents.raisedSettings
        let synchronizer = Synchronizer(plan: contents.plan, endpoints: endpoints, group: group)
        self.synchronizer = synchronizer
        (inbox, post) = AsyncStream.makeStream(of: MigrationEvent.self)
        router = ChangeRouter(
            queue: synchronizer.queue,
            cleared: { databases, hold in Task { await synchronizer.resynchronize(databases, hold: hold) } },
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
        let watchdogs = startWatchdogs()
        synchronizer.noteSettings { [weak self] setting async throws(MigrationFailure) in
            try await self?.noteRaised(setting)
        }
        if !hasEnded {
            for await event in inbox {
                take(event)
                if hasEnded { break }
            }
        }
        for watchdog in watchdogs { watchdog.cancel() }
        syncTask?.cancel()
        await synchronizer.close()
        await cutoverServers?.close()
        // What is interrupted or has failed may be resumed, and needs them then.
        if machine.phase == .completed || machine.phase == .cancelled { await restoreSettings() }
        writeState()
        isOver = true
        let waiting = waitingForEnd
        waitingForEnd = []
        for continuation in waiting { continuation.resume() }
        return status()
    }

    /// Journals the event, asks the machine and performs its actions.
    func take(_ event: MigrationEvent) {
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
            logger.warning("event out of turn", metadata: ["event": "\(event.name)", "reason": "\(error)"])
            if case .cutoverRequested = event { answerCutover(.back(MigrationFailure(.notNow, "\(error)"))) }
        }
    }

    /// A cutover is short and ends either way; what it holds up is not left behind.
    private func waitsForCutover(_ event: MigrationEvent) -> Bool {
        switch event {
        case .stopped(let signal): stopSignal = signal
        case .failed(let failure), .interrupted(let failure): failureMeanwhile = failure
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
        switch event {
        case .prepared(let users): ownedUsers = users
        case .attached: attached()
        case .cutoverEnded(let outcome): cutoverEnded(outcome)
        case .failed(let failure), .interrupted(let failure), .unverified(let failure):
            logger.error("\(event.name)", metadata: ["reason": "\(failure.message)"])
        default: break
        }
        writeState()
    }

    /// What broke between the last look and now was told to nobody.
    private func attached() {
        if let failure = synchronizer.failure { post.yield(.interrupted(failure)) }
    }

    private func cutoverEnded(_ outcome: CutoverOutcome) {
        trace.end()
        answerCutover(outcome)
        // Once traffic is switched the copy's own connections are of no use any more.
        if case .back = outcome, let failure = failureMeanwhile { linkFailed(failure) }
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
            try journal.append(.cutover(event), at: now)
        } catch {
            throw error.failure
        }
        progress.note(.cutover(event), at: now)
    }

    func writeState() {
        let positions = synchronizer.queue.safePositions.sorted { $0.key < $1.key }.map(\.value)
        let servers = synchronizer.servers ?? memory?.servers
        let known = positions.isEmpty ? memory?.positions ?? [] : positions
        var state = JournalState(status: status(), positions: known, servers: servers, cutover: trace)
        state.backlogEnd = progress.backlogEnd(from: Date())
        do {
            try journal.writeState(state)
        } catch {
            logger.error("state.json cannot be written", metadata: ["reason": "\(error.failure.message)"])
        }
    }

    /// Returns when `run()` has ended.
    func end() async {
        guard !isOver else { return }
        await withCheckedContinuation { waitingForEnd.append($0) }
    }
}

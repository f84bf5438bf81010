import FoundationEssentials
import Glibc
import Logging
import MigrationCore
import MigrationEngine
import NIOPosix
import Synchronization

/// Does nothing but wait for a migration's worker. Where it dies, a fence that it left behind is dealt with at once and
/// a new worker is started, a few times; where it hangs with the fence up past the pause budget, it is killed first.
struct Supervisor {
    private static let mostDeaths = 5
    /// A worker that lived for so long did not die of its beginning.
    private static let soundAfter = 60.0
    private static let interval = Duration.milliseconds(100)

    let root: JournalRoot
    let folder: MigrationFolder
    let secrets: WorkerSecrets
    /// The worker's, too.
    let logStyle: LogStyle
    let logger: Logger

    func run() async throws {
        let lock: SupervisorLock
        do throws(JournalError) {
            lock = try folder.supervise()
        } catch {
            throw CommandFailure(error)
        }
        defer { withExtendedLifetime(lock) {} }
        let signals = SupervisedSignals()
        let listener = await EndingSignals.listen(endsAtSecond: false) { _ in signals.end() }
        defer { listener.cancel() }
        var deaths = 0
        var backoff = Backoff()
        while true {
            let plan = try contents().plan
            let bornAt = Date()
            let worker = try start(plan, isFirst: deaths == 0)
            signals.watch(worker.processID)
            let code = try await wait(for: worker)
            // An exit is the worker's own word; only a signal is a death.
            guard code & 0x7F != 0 else { return Self.exit(with: code >> 8 & 0xFF) }
            logger.error("the worker died", metadata: ["signal": "\(code & 0x7F)"])
            try await settle()
            guard !signals.isEnding else { return Self.exit(with: 1) }
            deaths = Date().timeIntervalSince(bornAt) > Self.soundAfter ? 1 : deaths + 1
            if deaths == 1 { backoff = Backoff() }
            guard deaths < Self.mostDeaths else { return try await giveUp(deaths) }
            try await Task.sleep(for: backoff.next())
        }
    }

    private static func exit(with code: Int32) { Glibc.exit(code) }

    private func contents() throws(CommandFailure) -> JournalContents {
        do { return try JournalContents.read(folder) } catch { throw CommandFailure(error) }
    }

    /// A fail point is for the first worker: the next shall show what becomes of what it left.
    private func start(_ plan: MigrationPlan, isFirst: Bool) throws(CommandFailure) -> WorkerProcess {
        var environment = ProcessInfo.processInfo.environment
        if !isFirst { environment[FailPoint.variable] = nil }
        do {
            return try WorkerProcess.start(
                plan,
                in: root,
                options: logStyle.arguments,
                secrets: secrets,
                environment: environment
            )
        } catch {
            throw CommandFailure(error.failure)
        }
    }

    /// How the worker ended. One that holds the fence longer than it may is killed.
    private func wait(for worker: WorkerProcess) async throws -> Int32 {
        var lease = FenceLease(folder: folder)
        while true {
            if let code = worker.endedWith() { return code }
            if lease.isOver(at: Date()) {
                logger.error("the worker hangs with the fence up and is killed")
                kill(pid_t(worker.processID), SIGKILL)
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    /// Tried until the servers answer: a fence that stays up is an outage. What they refuse the next worker goes on
    /// with: it shows why, and gives way to whoever brings other credentials.
    private func settle() async throws {
        var backoff = Backoff()
        while let contents = try? JournalContents.read(folder), contents.state.fence != nil {
            do throws(MigrationFailure) {
                let rescue = try await FenceRescue(folder: folder, secrets: secrets).run()
                let words = (rescue?.outcome).map { "\($0)" } ?? "none"
                logger.notice("the cutover was settled", metadata: ["outcome": "\(words)"])
                return
            } catch {
                logger.error("the fence may still be up", metadata: ["reason": "\(error.message)"])
                guard error.mayPass else { return }
            }
            try await Task.sleep(for: backoff.next())
        }
    }

    private func giveUp(_ deaths: Int) async throws {
        let message = "the worker died \(deaths) times in a row, see \(folder.workerLog); run resume \(folder.id)"
        do throws(JournalError) {
            let (journal, _) = try Journal.open(folder)
            try journal.append(.failed(MigrationFailure(.failed, message)), at: Date())
            WorkerMetrics.writeFile(of: try JournalContents.read(folder), logger: logger)
        } catch {
            throw CommandFailure(error)
        }
        // No worker is left to say it.
        let contents = try contents()
        if let hooks = MigrationHooks(contents, in: folder, logger: logger) {
            hooks.post(.failed, contents.status)
            await hooks.drain()
        }
        throw CommandFailure(.failed, message)
    }
}

/// A signal to the supervisor is one to its worker.
private final class SupervisedSignals: Sendable {
    private let state = Mutex((worker: 0, isEnding: false))

    var isEnding: Bool { state.withLock(\.isEnding) }

    func watch(_ worker: Int) {
        let isEnding = state.withLock { state in
            state.worker = worker
            return state.isEnding
        }
        if isEnding { kill(pid_t(worker), SIGTERM) }
    }

    func end() {
        let worker = state.withLock { state in
            state.isEnding = true
            return state.worker
        }
        if worker > 0 { kill(pid_t(worker), SIGTERM) }
    }
}

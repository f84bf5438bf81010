import Glibc
import MigrationCore

/// What became of a worker that was started.
package enum WorkerStart: Sendable {
    /// It lives and goes on without us.
    case running(MigrationStatus)
    /// It ended before it was ready; where the journal gives no reason, the status' note does.
    case ended(JournalContents)
}

extension WorkerProcess {
    /// Waits until the worker answers with a status that is `ready`, or has ended.
    ///
    /// An answer counts only while the process that was started holds the lock: what listens at the socket before that
    /// is another. A worker that lives and is not ready after `timeout` is reported as it stands.
    ///
    /// - Parameter status: Asks the worker through its socket; nil while it does not answer.
    package func waitUntilReady(
        timeout: Duration = .seconds(60),
        ready: @Sendable (MigrationStatus) -> Bool = { $0.phase != .preparing },
        status: @Sendable () async -> MigrationStatus?
    ) async throws(JournalError) -> WorkerStart {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var last: MigrationStatus?
        while clock.now < deadline && !Task.isCancelled {
            if let code = endedWith() { return .ended(try ending(code)) }
            if holdsLock, let answer = await status() {
                if ready(answer) { return .running(answer) }
                last = answer
            }
            try? await clock.sleep(for: .milliseconds(20))
        }
        if let last { return .running(last) }
        return .running(try JournalContents.read(folder).status)
    }

    /// The worker is the process that was started, or that one's child.
    private var holdsLock: Bool {
        guard folder.isWorkerAlive, let worker = folder.workerProcessID else { return false }
        return worker == processID || Self.parent(of: worker) == processID
    }

    /// The fourth field of /proc/PID/stat (proc(5)); the second is a name in parentheses, with whatever in it.
    private static func parent(of process: Int) -> Int? {
        guard let bytes = try? JournalFile.read("/proc/\(process)/stat") else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
        return words.flatMap { $0.count > 1 ? Int($0[1]) : nil }
    }

    /// How the process ended, as waitpid(2) says it; nil while it lives.
    package func endedWith() -> Int32? {
        var status: Int32 = 0
        return waitpid(pid_t(processID), &status, WNOHANG) == pid_t(processID) ? status : nil
    }

    private func ending(_ code: Int32) throws(JournalError) -> JournalContents {
        let contents = try JournalContents.read(folder)
        guard contents.status.error == nil, !contents.status.phase.isFinal else { return contents }
        let signal = code & 0x7F
        let how = signal == 0 ? "exit status \(code >> 8 & 0xFF)" : "signal \(signal)"
        let why = folder.fullDisk.map { "\($0), then run resume \(folder.id)" } ?? "\(folder.workerLog) says why"
        return contents.noting("the worker ended by itself with \(how); \(why)")
    }
}

import CReadline
import Dispatch
import Glibc
import Synchronization

/// What Ctrl-C and its kin mean while a prompt is open: they clear the line that is typed, or end the command that runs.
/// None of them reaches a migration's worker, which has a session of its own.
final class PromptSignals: Sendable {
    /// What the reader of a line is told.
    enum Wake: UInt8 {
        case interrupt
        /// The terminal has another size.
        case resize
        /// The process was stopped, and goes on.
        case resume
        /// The process is asked to end.
        case end
    }

    private enum State {
        case idle
        case reading
        case running(cancel: @Sendable () -> Void)
        /// The command was asked to end, and has not yet.
        case ending
    }

    private static let signals: [(number: Int32, wake: Wake)] = [
        (SIGINT, .interrupt), (SIGWINCH, .resize), (SIGCONT, .resume), (SIGTERM, .end), (SIGHUP, .end),
        (SIGQUIT, .end),
    ]

    private let state = Mutex(State.idle)
    private let ending = Atomic<Int32>(SIGTERM)
    /// Readable when the reader is to be told something: a `Wake` each byte.
    let wakes: Int32
    private let wakeEnd: Int32
    private let sources = Mutex<[Source]>([])

    /// Only held so that it lives.
    private struct Source: @unchecked Sendable {
        let value: any DispatchSourceSignal
    }

    init() throws(CommandFailure) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw CommandFailure(.failed, "the prompt cannot be opened: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (wakes, wakeEnd) = (ends[0], ends[1])
        let registration = DispatchGroup()
        for (number, wake) in Self.signals {
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in self?.take(number, wake) }
            registration.enter()
            source.setRegistrationHandler { registration.leave() }
            source.resume()
            sources.withLock { $0.append(Source(value: source)) }
        }
        // Until then a Ctrl-C would end the process, and whoever sees the prompt may press it.
        registration.wait()
    }

    /// Runs `body`, which reads a line and watches `wakes`.
    func whileReading<Value>(_ body: () -> Value) -> Value {
        // What was meant for a line that has been entered meanwhile is not for this one.
        while let wake = nextWake() {
            if wake == .end { endProcess() }
        }
        state.withLock { $0 = .reading }
        defer { state.withLock { $0 = .idle } }
        return body()
    }

    /// Runs a command; the first Ctrl-C cancels it, and the second ends this process.
    ///
    /// - Returns: What it returned, and whether it was cancelled.
    func whileRunning<Value: Sendable>(
        _ body: @escaping @Sendable () async -> Value
    ) async -> (value: Value, isCancelled: Bool) {
        let task = Task { await body() }
        state.withLock { $0 = .running(cancel: { task.cancel() }) }
        defer { state.withLock { $0 = .idle } }
        return (await task.value, task.isCancelled)
    }

    /// What has come since it was asked last.
    func nextWake() -> Wake? {
        var byte: UInt8 = 0
        guard read(wakes, &byte, 1) == 1 else { return nil }
        return Wake(rawValue: byte)
    }

    /// Ends this process, whose terminal is as it was before the prompt.
    func endProcess() -> Never { _exit(128 + ending.load(ordering: .relaxed)) }

    private func take(_ number: Int32, _ wake: Wake) {
        if wake == .end { ending.store(number, ordering: .relaxed) }
        let cancel: (@Sendable () -> Void)? = state.withLock { state in
            switch (state, wake) {
            case (.reading, _): tell(wake)
            case (.running(let cancel), .interrupt):
                state = .ending
                return cancel
            case (.ending, .interrupt):
                _ = write(STDERR_FILENO, "\n", 1)
                _exit(128 + SIGINT)
            case (_, .end): endProcess()
            case (.idle, _), (.running, _), (.ending, _): break
            }
            return nil
        }
        cancel?()
    }

    private func tell(_ wake: Wake) {
        var byte = wake.rawValue
        _ = write(wakeEnd, &byte, 1)
    }
}

import MigrationCore
import Synchronization

/// The pause budget: whoever does not answer in time is no longer waited for.
struct Deadline: Sendable {
    let instant: ContinuousClock.Instant

    /// The result of `body`, or `late` when the deadline comes first. What `body` does after that is its own affair:
    /// a server that hangs cannot be made to answer.
    func race<Result: Sendable>(
        orElse late: @autoclosure @escaping @Sendable () -> Result,
        _ body: @escaping @Sendable () async -> Result
    ) async -> Result {
        let box = FirstAnswer<Result>()
        return await withCheckedContinuation { continuation in
            box.set(continuation)
            let work = Task { box.resume(await body()) }
            Task {
                try? await Task.sleep(until: instant, clock: .continuous)
                box.resume(late())
                work.cancel()
            }
        }
    }
}

private final class FirstAnswer<Result: Sendable>: Sendable {
    private let waiting = Mutex<CheckedContinuation<Result, Never>?>(nil)

    func set(_ continuation: CheckedContinuation<Result, Never>) {
        waiting.withLock { $0 = continuation }
    }

    func resume(_ result: Result) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: result)
    }
}

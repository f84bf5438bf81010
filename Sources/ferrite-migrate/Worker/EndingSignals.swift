import Glibc
import UnixSignals

/// The signals that ask a process to end: the first is passed on.
enum EndingSignals {
    /// - Parameter endsAtSecond: A second signal ends the process at once: for a person who presses Ctrl-C again. A
    ///   detached process gets two when a machine shuts down, one of them from its supervisor, and ends in its own time.
    static func listen(
        endsAtSecond: Bool,
        _ first: @escaping @Sendable (String) async -> Void
    ) async -> Task<Void, Never> {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        return Task {
            var hasEnding = false
            for await signal in signals {
                if hasEnding {
                    if endsAtSecond { _exit(128 + number(signal)) }
                    continue
                }
                hasEnding = true
                await first("\(signal)")
            }
        }
    }

    /// For a command that only waits for another process: says what becomes of that, and ends.
    static func explain(_ message: String, _ console: Console) async -> Task<Void, Never> {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        return Task {
            for await signal in signals {
                console.notice(message)
                _exit(128 + number(signal))
            }
        }
    }

    private static func number(_ signal: UnixSignal) -> Int32 {
        switch signal {
        case .sigint: SIGINT
        case .sighup: SIGHUP
        default: SIGTERM
        }
    }
}

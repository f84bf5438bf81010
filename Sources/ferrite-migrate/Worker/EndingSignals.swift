import Glibc
import UnixSignals

/// The signals that ask a process to end: the first is passed on, the second ends the process at once.
enum EndingSignals {
    static func listen(_ first: @escaping @Sendable (String) async -> Void) async -> Task<Void, Never> {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        return Task {
            var hasEnding = false
            for await signal in signals {
                if hasEnding { _exit(128 + number(signal)) }
                hasEnding = true
                await first("\(signal)")
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

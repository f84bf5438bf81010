import Dispatch

/// Lines from the terminal, read on a thread of their own: at the prompt nothing else may be kept from running.
final class TerminalLines: Sendable {
    private let queue = DispatchQueue(label: "prompt")
    private let signals: PromptSignals

    init(_ signals: PromptSignals) { self.signals = signals }

    /// - Parameter opening: What the line continues.
    func next(prompt: String, opening: String) async -> Readline.Line {
        await withCheckedContinuation { continuation in
            queue.async { [signals] in
                let line = signals.whileReading { Readline.read(prompt: prompt, opening: opening, signals) }
                continuation.resume(returning: line)
            }
        }
    }
}

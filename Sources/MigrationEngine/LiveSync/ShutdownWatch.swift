/// A server that shuts down waits for its replicas to say that they have everything (since Redis 7.0), and asks them as it
/// does for WAIT: `REPLCONF GETACK`. Only the former is told the truth, because the feed is no copy that a client may count
/// on. `INFO server` tells the two apart: `shutdown_in_milliseconds` stands there only meanwhile.
final class ShutdownWatch: Sendable {
    private static let rest = Duration.milliseconds(100)

    private let questions: AsyncStream<Void>.Continuation
    private let task: Task<Void, Never>

    /// - Parameters:
    ///   - isShuttingDown: Asks the server.
    ///   - acknowledge: Says how far the feed has read.
    init(
        isShuttingDown: @escaping @Sendable () async -> Bool,
        acknowledge: @escaping @Sendable () async -> Void
    ) {
        // A tenant that waits after each write asks thousands of times a second; the last question is never dropped.
        let (stream, questions) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.questions = questions
        task = Task {
            for await _ in stream {
                // What it has sent since the answer before may still be on its way.
                while await isShuttingDown(), !Task.isCancelled {
                    await acknowledge()
                    try? await Task.sleep(for: Self.rest)
                }
                try? await Task.sleep(for: Self.rest)
            }
        }
    }

    /// The server has asked.
    func asked() { questions.yield() }

    func end() {
        questions.finish()
        task.cancel()
    }
}

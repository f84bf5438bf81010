import Dispatch
import Foundation
import MigrationTestSupport
import Synchronization

/// A client that does one thing again and again on a thread of its own until it is stopped.
final class Repeater: Sendable {
    private final class State: Sendable {
        let isStopped = Atomic<Bool>(false)
        let rounds = Atomic<Int>(0)
        let error = Mutex<String?>(nil)
        let running = DispatchGroup()
    }

    private let state = State()

    /// `body` gets the connection and the number of the round; an error ends it. `pause` is in microseconds.
    init(_ endpoint: Endpoint, pause: UInt32 = 200, _ body: @escaping @Sendable (RESPSocket, Int) throws -> Void) {
        state.running.enter()
        Thread.detachNewThread { [state] in
            do {
                let socket = try RESPSocket(endpoint)
                while !state.isStopped.load(ordering: .relaxed) {
                    try body(socket, state.rounds.load(ordering: .relaxed))
                    state.rounds.add(1, ordering: .relaxed)
                    if pause > 0 { usleep(pause) }
                }
            } catch {
                state.error.withLock { $0 = "\(error)" }
            }
            state.running.leave()
        }
    }

    deinit { state.isStopped.store(true, ordering: .relaxed) }

    var rounds: Int { state.rounds.load(ordering: .relaxed) }
    /// What ended it.
    var error: String? { state.error.withLock { $0 } }

    /// Ends after the round that it is in.
    func stop() async throws {
        state.isStopped.store(true, ordering: .relaxed)
        let running = state.running
        try await offPool { running.wait() }
    }
}

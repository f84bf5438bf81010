import Foundation
import Synchronization

/// Plays histories at a server as a client would, all the time: what is refused is part of them, and a server that is
/// away is connected to again.
package final class HistoryPlayer: Sendable {
    private struct State {
        var endpoint: Endpoint
        var isStopped = false
        var isRunning = true
    }

    private let state: Mutex<State>

    package init(_ histories: Histories, at endpoint: Endpoint) {
        state = Mutex(State(endpoint: endpoint))
        Thread.detachNewThread { self.run(histories) }
    }

    /// Another server is the one to write to.
    package func goOn(at endpoint: Endpoint) { state.withLock { $0.endpoint = endpoint } }

    /// Nothing is sent any more when this returns.
    package func stop() {
        state.withLock { $0.isStopped = true }
        while state.withLock(\.isRunning) { usleep(1000) }
    }

    private func run(_ histories: Histories) {
        var histories = histories
        while let endpoint = state.withLock({ $0.isStopped ? nil : $0.endpoint }) {
            play(&histories, endpoint)
            usleep(20_000)
        }
        state.withLock { $0.isRunning = false }
    }

    private func play(_ histories: inout Histories, _ endpoint: Endpoint) {
        guard let socket = try? RESPSocket(endpoint) else { return }
        while state.withLock({ !$0.isStopped && $0.endpoint.port == endpoint.port }) {
            do { try histories.play(1, on: socket) } catch { return }
            usleep(30_000)
        }
    }
}

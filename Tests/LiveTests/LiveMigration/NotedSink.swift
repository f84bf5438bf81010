import MigrationCore
import MigrationEngine
import Synchronization

/// Keeps everything that a feed says.
final class NotedSink: ChangeSink {
    struct Noted: Hashable {
        let name: String
        let command: String
        let isWrite: Bool
        let offset: Int
    }

    private struct State {
        var noted: [Noted] = []
        var clearings: [(command: String, offset: Int)] = []
        var lost: [String] = []
    }

    private let state = Mutex(State())

    var noted: [Noted] { state.withLock(\.noted) }
    /// `0 __tenant:acme:key`
    var names: Set<String> { Set(noted.map(\.name)) }
    var clearings: [(command: String, offset: Int)] { state.withLock(\.clearings) }
    var lost: [String] { state.withLock(\.lost) }

    func changed(shard: Int, _ touches: Touches, position: FeedPosition) {
        let noted = touches.touches.indices.map { index in
            let touch = touches.touches[index]
            let command = String(decoding: touch.command, as: UTF8.self)
            let name = "\(touch.database) \(touches.key(index))"
            return Noted(name: name, command: command, isWrite: touch.isWrite, offset: touch.offset)
        }
        let clearings = touches.clearings.map { (String(decoding: $0.command, as: UTF8.self), $0.offset) }
        state.withLock {
            $0.noted += noted
            $0.clearings += clearings
        }
    }

    func lost(shard: Int, reason: String) { state.withLock { $0.lost.append(reason) } }
}

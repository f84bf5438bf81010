import MigrationCore
import MigrationEngine
import RESP
import Synchronization

/// Keeps everything that a feed says.
final class NotedSink: ChangeSink {
    struct Noted: Sendable {
        let database: Int
        let key: ByteString
        let event: [UInt8]
        let isWrite: Bool
        let offset: Int

        /// `0 __tenant:acme:key`
        var name: String { "\(database) \(key)" }
        var command: String { String(decoding: event, as: UTF8.self) }
    }

    private struct State {
        var noted: [Noted] = []
        var first: [ByteString: Noted] = [:]
        var clearings: [(command: String, offset: Int)] = []
        var lost: [String] = []
    }

    private let state = Mutex(State())

    var noted: [Noted] { state.withLock(\.noted) }
    var names: Set<String> { Set(noted.map(\.name)) }
    var clearings: [(command: String, offset: Int)] { state.withLock(\.clearings) }
    var lost: [String] { state.withLock(\.lost) }

    /// The first touch of the tenant's key of that name, of any database.
    func first(_ name: String) -> Noted? {
        let key = ByteString("__tenant:acme:\(name)")
        return state.withLock { $0.first[key] }
    }

    func changed(shard: ShardID, _ touches: Touches, position: FeedPosition) {
        let noted = touches.touches.indices.map { index in
            let touch = touches.touches[index]
            return Noted(
                database: touch.database,
                key: touches.key(index),
                event: touch.command,
                isWrite: touch.isWrite,
                offset: touch.offset
            )
        }
        let clearings = touches.clearings.map { (String(decoding: $0.command, as: UTF8.self), $0.offset) }
        state.withLock {
            $0.noted += noted
            for one in noted where $0.first[one.key] == nil { $0.first[one.key] = one }
            $0.clearings += clearings
        }
    }

    func lost(shard: ShardID, reason: String) { state.withLock { $0.lost.append(reason) } }
}

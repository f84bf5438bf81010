import MigrationCore
import RESP
import Synchronization

/// Listens to the target from inside the fence on: which of the tenant's keys its clients write there after the
/// switch. The tool itself writes nothing there any more.
final class TargetWatch: ChangeSink {
    private struct State {
        var baseline: ShardOffsets?
        var written: Set<KeyHash> = []
        var clearedDatabases: Set<Int> = []
        /// A command came that no server issues by itself.
        var sawWrites = false
        var lost: String?
        var emptiedBy: String?
    }

    private let state: Mutex<State>

    /// - Parameter lost: A watch whose feed has ended: this one knows what that one knew, and is told the rest.
    init(continuing lost: TargetWatch? = nil) {
        var known = lost?.state.withLock(\.self) ?? State()
        known.lost = nil
        state = Mutex(known)
    }

    /// What the target has executed up to these offsets was the tool's own work.
    func begin(at baseline: ShardOffsets) {
        state.withLock { $0.baseline = baseline }
    }

    func changed(shard: ShardID, _ touches: Touches, position: FeedPosition) {
        state.withLock { state in
            // Of a shard that is new since then everything counts.
            let begin = state.baseline.map { $0[shard] ?? 0 }
            for clearing in touches.clearings where !clearing.isDoubt && begin.map({ clearing.offset < $0 }) ?? true {
                state.emptiedBy = state.emptiedBy ?? clearing.commandName
            }
            guard let begin else { return }
            for touch in touches.touches where touch.offset >= begin {
                state.written.insert(touch.hash)
                if touch.isWrite { state.sawWrites = true }
            }
            for clearing in touches.clearings where clearing.offset >= begin {
                state.clearedDatabases.insert(clearing.database)
                state.sawWrites = true
            }
        }
    }

    func lost(shard: ShardID, reason: String) {
        state.withLock { $0.lost = $0.lost ?? reason }
    }

    /// Why the watch cannot tell any more; nil while it can.
    var lostReason: String? { state.withLock(\.lost) }

    /// The first command with which somebody emptied or exchanged databases before `begin`; the tool never does.
    var emptiedBy: String? { state.withLock(\.emptiedBy) }

    var isWatching: Bool { state.withLock { $0.baseline != nil } }

    /// Whether anybody has written the tenant's keys since `begin`.
    var sawWrites: Bool { state.withLock(\.sawWrites) }

    func wasWritten(database: Int, key: ByteString) -> Bool {
        let hash = KeyName(database: database, key: key).hash
        return state.withLock { state in
            state.written.contains(hash) || state.clearedDatabases.contains(database)
                || state.clearedDatabases.contains(Touches.allDatabases)
        }
    }
}

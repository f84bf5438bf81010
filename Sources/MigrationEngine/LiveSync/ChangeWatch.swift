import MigrationCore
import RESP
import Synchronization

/// Notes which of a few keys change at the source while somebody looks at them. A value that comes back to what it was,
/// such as a lock that is taken and given back, cannot be told from one that was left alone by looking at it twice.
final class ChangeWatch: Sendable {
    private struct Place {
        var shard: ShardID
        var offset: Int
    }

    private struct State {
        var watched: Set<KeyHash> = []
        /// Where each was last named.
        var touched: [KeyHash: Place] = [:]
        /// The same of databases that were emptied or exchanged.
        var cleared: [Int: Place] = [:]
        var offsets = ShardOffsets()
    }

    private let state = Mutex(State())

    /// From here on these keys are listened for, and no others any more.
    func begin(_ keys: [KeyName]) {
        state.withLock { $0 = State(watched: Set(keys.map(\.hash))) }
    }

    /// What the source had executed up to these offsets does not count.
    func count(from offsets: ShardOffsets) {
        state.withLock { $0.offsets = offsets }
    }

    func note(_ touches: Touches, shard: ShardID) {
        state.withLock { state in
            guard !state.watched.isEmpty else { return }
            for touch in touches.touches where state.watched.contains(touch.hash) {
                state.touched[touch.hash] = Place(shard: shard, offset: touch.offset)
            }
            for clearing in touches.clearings {
                state.cleared[clearing.database] = Place(shard: shard, offset: clearing.offset)
            }
        }
    }

    /// Whether the key has changed behind the offsets, as far as the source's feeds have told.
    func hasChanged(_ key: KeyName) -> Bool {
        state.withLock { state in
            let places = [
                state.touched[key.hash], state.cleared[key.database], state.cleared[Touches.allDatabases],
            ]
            // A feed that was away when the offsets were asked for has none.
            return places.compactMap(\.self).contains { place in
                state.offsets[place.shard].map { place.offset >= $0 } ?? true
            }
        }
    }
}

extension KeyName {
    var hash: KeyHash { key.bytes.withUnsafeBytes { KeyHash(database: database, key: $0) } }
}

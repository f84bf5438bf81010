import MigrationCore
import Synchronization

/// The keys whose commands a feed tells with their arguments: the big ones. The feed's thread asks for every touched
/// key, so an empty set costs one load.
package final class WatchedKeys: Sendable {
    private let count = Atomic<Int>(0)
    private let hashes = Mutex<Set<KeyHash>>([])

    package init() {}

    package var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

    package func contains(_ hash: KeyHash) -> Bool {
        hashes.withLock { $0.contains(hash) }
    }

    package func insert(_ hash: KeyHash) {
        change { $0.insert(hash) }
    }

    package func remove(_ hash: KeyHash) {
        change { $0.remove(hash) }
    }

    private func change(_ body: (inout Set<KeyHash>) -> Void) {
        hashes.withLock { hashes in
            body(&hashes)
            count.store(hashes.count, ordering: .relaxed)
        }
    }
}

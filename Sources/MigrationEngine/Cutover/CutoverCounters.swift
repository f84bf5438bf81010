import MigrationCore
import RESP
import RedisClient
import Synchronization

/// What both servers count of their own doing during a cutover: keys and fields that they expire or evict, of any tenant.
final class CutoverCounters: Sendable {
    private let source: RedisConnection
    private let target: RedisConnection
    private let deathsBefore = Mutex<Int?>(nil)
    private let evictionsBefore = Mutex(0)

    init(source: RedisConnection, target: RedisConnection) {
        self.source = source
        self.target = target
    }

    /// Just before the barrier: what is counted twice then is forgiven, and nothing is missed.
    func beginDeaths() async throws(MigrationFailure) {
        let count = try await allDeaths()
        deathsBefore.withLock { $0 = count }
    }

    /// What the source has expired or evicted since then; nil where nobody has counted it there.
    func deaths() async throws(MigrationFailure) -> Int? {
        guard let before = deathsBefore.withLock({ $0 }) else { return nil }
        return try await allDeaths() - before
    }

    /// From here on a key that the target evicts was lost behind the census's back.
    func beginEvictions() async throws(MigrationFailure) {
        let count = try await allEvictions()
        evictionsBefore.withLock { $0 = count }
    }

    /// What the target has evicted since.
    func evictions() async throws(MigrationFailure) -> Int {
        try await allEvictions() - evictionsBefore.withLock { $0 }
    }

    private func allEvictions() async throws(MigrationFailure) -> Int {
        do {
            return try await target.info("stats").integer("evicted_keys") ?? 0
        } catch {
            throw MigrationFailure(error, while: "reading the target's counters")
        }
    }

    private func allDeaths() async throws(MigrationFailure) -> Int {
        do {
            let info = try await source.info("stats")
            // Fields are counted under two names: Redis' and Valkey's.
            return ["expired_keys", "evicted_keys", "expired_subkeys", "expired_fields"]
                .reduce(0) { $0 + (info.integer($1) ?? 0) }
        } catch {
            throw MigrationFailure(error, while: "reading the source's counters")
        }
    }
}

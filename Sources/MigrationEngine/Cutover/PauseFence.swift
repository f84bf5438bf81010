import MigrationCore
import RESP
import RedisClient

/// `CLIENT PAUSE … WRITE` (Redis 6.2): every write of every tenant of the source waits, without an error, until the
/// pause ends. The server ends it by itself, so it cannot outlive a crash for long.
package struct PauseFence: WriteFence {
    /// The lease ends this long after the cutover's own budget, so that the budget always speaks first.
    private static let marginMilliseconds = 1000

    package let kind = FenceKind.pause
    private let shards: [RedisConnection]
    private let maxPauseMilliseconds: Int

    package init(shards: [RedisConnection], maxPauseMilliseconds: Int) {
        self.shards = shards
        self.maxPauseMilliseconds = maxPauseMilliseconds
    }

    package func prepare() async throws(MigrationFailure) -> FenceRecord {
        FenceRecord(kind: .pause, users: [])
    }

    package func raise(_ record: FenceRecord) async throws(MigrationFailure) {
        let milliseconds = ByteString(maxPauseMilliseconds + Self.marginMilliseconds)
        for shard in shards {
            let command = RedisCommand("CLIENT", "PAUSE", milliseconds, "WRITE")
            _ = try await ACLAccess(shard).call(command, "raising the fence")
        }
    }

    package func prove(_ record: FenceRecord) async throws(MigrationFailure) {}

    package func lower(_ record: FenceRecord) async throws(MigrationFailure) {
        for shard in shards {
            _ = try await ACLAccess(shard).call(RedisCommand("CLIENT", "UNPAUSE"), "lowering the fence")
        }
    }
}

import MigrationCore
import RESP
import RedisClient

/// `CLIENT PAUSE … WRITE` (Redis 6.2): every write of every tenant of the source waits, without an error, until the
/// pause ends. The server ends it by itself, so it cannot outlive a crash for long. The record also holds the tenant's
/// users: once traffic is switched they are fenced for good (`SwitchSettlement`), because the pause has to end.
package struct PauseFence: WriteFence {
    /// The lease ends this long after the cutover's own budget, so that the budget always speaks first.
    private static let marginMilliseconds = 1000

    package let kind = FenceKind.pause
    private let scope: TenantScope
    private let shards: [RedisConnection]
    private let maxPauseMilliseconds: Int

    package init(scope: TenantScope, shards: [RedisConnection], maxPauseMilliseconds: Int) {
        self.scope = scope
        self.shards = shards
        self.maxPauseMilliseconds = maxPauseMilliseconds
    }

    /// Who may not ask for the users can pause all the same.
    package func prepare() async throws(MigrationFailure) -> FenceRecord {
        let users = try? await ACLFence(scope: scope, shards: shards).fenceableUsers()
        return FenceRecord(kind: .pause, users: users ?? [])
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

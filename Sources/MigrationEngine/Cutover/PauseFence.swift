import MigrationCore
import RESP
import RedisClient

/// `CLIENT PAUSE … WRITE` (Redis 6.2): every write of every tenant of the source waits, without an error, until the
/// pause ends. The server ends it by itself, so it cannot outlive a crash for long. The record also holds the tenant's
/// users: they are fenced under the pause, before traffic is switched, because the pause has to end, and ends with the
/// server, too.
package struct PauseFence: WriteFence {
    /// The lease ends this long after the cutover's own budget, so that the budget always speaks first.
    private static let marginMilliseconds = 1000

    package let kind = FenceKind.pause
    /// What holds the tenant's own users when the pause ends.
    private let users: ACLFence
    private let shards: [RedisConnection]
    private let maxPauseMilliseconds: Int

    package init(users: ACLFence, shards: [RedisConnection], maxPauseMilliseconds: Int) {
        self.users = users
        self.shards = shards
        self.maxPauseMilliseconds = maxPauseMilliseconds
    }

    /// Who may not ask for the users can pause all the same.
    package func prepare() async throws(MigrationFailure) -> FenceRecord {
        FenceRecord(kind: .pause, users: (try? await users.fenceableUsers()) ?? [])
    }

    package func provePossible() async throws(MigrationFailure) {
        for shard in shards { try await provePossible(at: shard) }
    }

    /// What is no number is refused behind the look at the permission.
    private func provePossible(at shard: RedisConnection) async throws(MigrationFailure) {
        let step = "preparing the fence"
        let reply: RESPValue
        do {
            reply = try await shard.pipeline([RedisCommand("CLIENT", "PAUSE", "never", "WRITE")])[0]
        } catch {
            throw MigrationFailure(error, while: step)
        }
        guard let line = reply.errorLine, reply.isPermissionDenied || reply.isUnknownCommand else { return }
        throw MigrationFailure(
            RedisClientError.refused(server: shard.server, command: "CLIENT PAUSE", reply: line),
            while: step
        )
    }

    package func commands(raising record: FenceRecord) -> [RedisCommand] {
        [RedisCommand("CLIENT", "PAUSE", ByteString(maxPauseMilliseconds + Self.marginMilliseconds), "WRITE")]
    }

    package func commands(holding record: FenceRecord) -> [RedisCommand] {
        users.commands(raising: record) + users.commands(holding: record)
    }

    package func raise(_ record: FenceRecord) async throws(MigrationFailure) {
        for shard in shards {
            for command in commands(raising: record) {
                _ = try await ACLAccess(shard).call(command, "raising the fence")
            }
        }
    }

    /// Who may not change users can pause all the same, and is told so behind the switch (`SwitchSettlement`).
    private func unlessRefused(
        _ step: (ACLFence) async throws(MigrationFailure) -> Void
    ) async throws(MigrationFailure) {
        do throws(MigrationFailure) {
            try await step(users)
        } catch {
            if error.mayPass { throw error }
        }
    }

    package func hold(_ record: FenceRecord) async throws(MigrationFailure) {
        try await unlessRefused { (fence) async throws(MigrationFailure) in
            try await fence.restrict(record)
            try await fence.hold(record)
        }
    }

    package func lower(_ record: FenceRecord) async throws(MigrationFailure) {
        // Before the pause ends: what waits in it must be let through.
        try await unlessRefused { (fence) async throws(MigrationFailure) in try await fence.lower(record) }
        for shard in shards {
            _ = try await ACLAccess(shard).call(RedisCommand("CLIENT", "UNPAUSE"), "lowering the fence")
        }
    }
}

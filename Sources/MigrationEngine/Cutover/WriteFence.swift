import MigrationCore
import RESP
import RedisClient

/// Keeps the tenant's writes away from the source while traffic is switched. It touches no data.
package protocol WriteFence: Sendable {
    var kind: FenceKind { get }

    /// What raising will change; nothing is changed yet. The record goes into the journal before `raise`.
    func prepare() async throws(MigrationFailure) -> FenceRecord

    /// Throws where the server does not have the command by which it would be raised.
    func provePossible() async throws(MigrationFailure)

    /// The commands by which `raise` changes the source, and by which `hold` does.
    func commands(raising record: FenceRecord) -> [RedisCommand]
    func commands(holding record: FenceRecord) -> [RedisCommand]

    /// From its return on, no write of the tenant's is accepted: neither from open connections nor from commands that
    /// wait for a key. Throws where the server would still let one through, as far as it can be asked.
    func raise(_ record: FenceRecord) async throws(MigrationFailure)

    /// Traffic is about to be switched: from here on the fence must not end by itself, nor with the server.
    func hold(_ record: FenceRecord) async throws(MigrationFailure)

    /// Puts everything back. Doing it twice, or without a fence being up, changes nothing.
    func lower(_ record: FenceRecord) async throws(MigrationFailure)
}

extension WriteFence {
    package func provePossible() async throws(MigrationFailure) {}
    package func commands(raising record: FenceRecord) -> [RedisCommand] { [] }
    package func commands(holding record: FenceRecord) -> [RedisCommand] { [] }
    package func hold(_ record: FenceRecord) async throws(MigrationFailure) {}
}

/// Makes a fence for a source. `shards` holds one connection to each of its primaries; `toolUser` is whom the tool runs
/// as, where these run as another.
package enum WriteFences {
    /// For lowering a fence that was raised before.
    static func make(_ kind: FenceKind, for plan: MigrationPlan, at source: RedisConnection) -> any WriteFence {
        make(kind, scope: plan.scope, migration: plan.id, shards: [source], maxPauseMilliseconds: 0)
    }

    package static func make(
        _ kind: FenceKind,
        scope: TenantScope,
        migration: String,
        shards: [RedisConnection],
        maxPauseMilliseconds: Int,
        toolUser: ByteString? = nil
    ) -> any WriteFence {
        let users = ACLFence(scope: scope, migration: migration, shards: shards, toolUser: toolUser)
        return switch kind {
        case .acl: users
        case .pause: PauseFence(users: users, shards: shards, maxPauseMilliseconds: maxPauseMilliseconds)
        case .none: NoFence()
        }
    }
}

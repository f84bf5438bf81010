import MigrationCore
import RESP
import RedisClient

/// Keeps the tenant's writes away from the source while traffic is switched. It touches no data.
package protocol WriteFence: Sendable {
    var kind: FenceKind { get }

    /// What raising will change; nothing is changed yet. The record goes into the journal before `raise`.
    func prepare() async throws(MigrationFailure) -> FenceRecord

    /// From its return on, no write of the tenant's is accepted: neither from open connections nor from commands that
    /// wait for a key.
    func raise(_ record: FenceRecord) async throws(MigrationFailure)

    /// Asks the server whether it would still let a write through, and throws where it would.
    func prove(_ record: FenceRecord) async throws(MigrationFailure)

    /// Puts everything back. Doing it twice, or without a fence being up, changes nothing.
    func lower(_ record: FenceRecord) async throws(MigrationFailure)
}

/// Makes a fence for a source. `shards` holds one connection to each of its primaries.
package enum WriteFences {
    package static func make(
        _ kind: FenceKind,
        scope: TenantScope,
        shards: [RedisConnection],
        maxPauseMilliseconds: Int
    ) -> any WriteFence {
        switch kind {
        case .acl: ACLFence(scope: scope, shards: shards)
        case .pause: PauseFence(scope: scope, shards: shards, maxPauseMilliseconds: maxPauseMilliseconds)
        case .none: NoFence()
        }
    }
}

import MigrationCore
import RedisClient
import Synchronization

/// Both ends of a migration with their passwords: the plan and the secrets meet here, in memory only. Copies share
/// which of several addresses the source is at now.
package struct MigrationEndpoints: Sendable {
    private final class Choice: Sendable {
        let index = Atomic<Int>(0)
    }

    /// Where the source may be: one address, or several where it may fail over.
    let sources: [RedisEndpoint]
    package let target: RedisEndpoint
    private let choice = Choice()

    package init(plan: MigrationPlan, sourcePassword: String?, targetPassword: String?) {
        sources = ([plan.source.address] + plan.source.alternatives).map { RedisEndpoint($0, password: sourcePassword) }
        target = RedisEndpoint(plan.target.address, password: targetPassword)
    }

    /// Where the source is, as far as it is known.
    package var source: RedisEndpoint { sources[choice.index.load(ordering: .relaxed)] }

    /// The source has failed over to this one of `sources`.
    func choose(source index: Int) {
        choice.index.store(index, ordering: .relaxed)
    }
}

extension RedisEndpoint {
    package init(_ address: ServerAddress, password: String?) {
        self.init(host: address.host, port: address.port, username: address.username, password: password)
    }
}

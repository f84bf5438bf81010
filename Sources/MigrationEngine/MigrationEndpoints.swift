import MigrationCore
import RedisClient
import Synchronization

/// Both ends of a migration with their passwords: the plan and the secrets meet here, in memory only. Copies share
/// which of several addresses the source is at now.
package struct MigrationEndpoints: Sendable {
    private final class Choice: Sendable {
        let index = Atomic<Int>(0)
        /// What the settings of the source and of the target allow a client, as they were last asked.
        let limits = Mutex((source: ClientLimits(), target: ClientLimits()))
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

    var limits: (source: ClientLimits, target: ClientLimits) { choice.limits.withLock(\.self) }

    /// How often connections must say something follows from it.
    func note(source: ClientLimits, target: ClientLimits) {
        choice.limits.withLock { $0 = (source, target) }
        self.source.pulse.note(idleSeconds: source.idleSeconds)
        self.target.pulse.note(idleSeconds: target.idleSeconds)
    }

    /// What an operator may look at where `server` ended a connection; empty where it has no setting that does.
    func closingHint(_ server: String) -> String {
        let limits = server == target.description ? limits.target : limits.source
        guard limits.areKnown else {
            return "; it does not tell its settings (CONFIG GET): look at its timeout, client-output-buffer-limit, "
                + "client-query-buffer-limit, maxmemory-clients and maxclients"
        }
        return limits.words.map { "; its settings that end connections: \($0)" } ?? ""
    }

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

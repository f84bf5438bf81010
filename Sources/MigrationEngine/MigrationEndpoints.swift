import MigrationCore
import RedisClient

/// Both ends of a migration with their passwords: the plan and the secrets meet here, in memory only.
package struct MigrationEndpoints: Sendable {
    package let source: RedisEndpoint
    package let target: RedisEndpoint

    package init(plan: MigrationPlan, sourcePassword: String?, targetPassword: String?) {
        source = RedisEndpoint(plan.source.address, password: sourcePassword)
        target = RedisEndpoint(plan.target.address, password: targetPassword)
    }
}

extension RedisEndpoint {
    package init(_ address: ServerAddress, password: String?) {
        self.init(host: address.host, port: address.port, username: address.username, password: password)
    }
}

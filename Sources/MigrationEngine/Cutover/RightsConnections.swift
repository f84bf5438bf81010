import MigrationCore
import NIOCore
import RedisClient

/// Connections on which the tenant's rights are changed. Each ends those before it.
struct RightsConnections: Sendable {
    private let name: TenantConnectionName
    private let group: any EventLoopGroup

    init(_ plan: MigrationPlan, on group: any EventLoopGroup) {
        name = TenantConnectionName(plan, role: .rights)
        self.group = group
    }

    /// - Parameter timeout: For the connection and then for each reply.
    func open(
        to endpoint: RedisEndpoint,
        timeout: TimeAmount = RedisConnection.defaultTimeout
    ) async throws(RedisClientError) -> RedisConnection {
        try await RedisConnection.connect(to: endpoint, named: name, isFirst: true, on: group, timeout: timeout)
    }
}

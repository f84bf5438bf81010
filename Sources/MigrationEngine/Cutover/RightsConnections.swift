import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Connections on which the tenant's rights are changed.
///
/// What one of them had sent when it broke may still be on its way, and would be executed behind what the next one
/// says: a fence that goes up when nobody knows of it any more, a target that becomes writable beside the source. So
/// each takes the same name, after it has ended all others of that name. A server executes nothing more of a connection
/// that it has ended.
struct RightsConnections: Sendable {
    private let name: String
    private let group: any EventLoopGroup

    init(_ plan: MigrationPlan, on group: any EventLoopGroup) {
        name = TenantConnectionName(migrationID: plan.id, scope: plan.scope).text + ":rights"
        self.group = group
    }

    /// - Parameter timeout: For the connection and then for each reply.
    func open(
        to endpoint: RedisEndpoint,
        timeout: TimeAmount = RedisConnection.defaultTimeout
    ) async throws(RedisClientError) -> RedisConnection {
        let connection = try await RedisConnection.connect(to: endpoint, on: group, timeout: timeout)
        do {
            try await connection.endConnections(named: name)
            // A user without the permission has connections without a name.
            _ = try await connection.pipeline([RedisCommand("CLIENT", "SETNAME", ByteString(name))])
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }
}

extension RedisConnection {
    /// Ends every connection that has this name at the server. Where the user may not, the server's own closing of
    /// connections has to do.
    func endConnections(named name: String) async throws(RedisClientError) {
        let clients: RESPValue
        do {
            clients = try await call("CLIENT", "LIST")
        } catch {
            guard error.code == "NOPERM" else { throw error }
            return
        }
        let named = ClientInfo.list(clients.text ?? "").filter { $0.name == name }
        _ = try await pipeline(named.map { RedisCommand("CLIENT", "KILL", "ID", ByteString($0.id)) })
    }
}

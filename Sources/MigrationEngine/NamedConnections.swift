import MigrationCore
import NIOCore
import RESP
import RedisClient

// Connections whose late commands somebody else must be able to prevent.
//
// What one of them had sent when it broke may still be on its way, and would be executed behind what the next one says:
// a fence that goes up when nobody knows of it any more, an older state of a key over a newer one, the removal of a copy
// that has begun anew. So each has a name, and whoever begins ends those of the names that could be in its way. A server
// executes nothing more of a connection that it has ended.
extension RedisConnection {
    /// - Parameters:
    ///   - isFirst: Whether it begins something: those that it follows are ended.
    ///   - timeout: For the connection and then for each reply.
    static func connect(
        to endpoint: RedisEndpoint,
        named name: TenantConnectionName,
        isFirst: Bool = false,
        on group: any EventLoopGroup,
        timeout: TimeAmount = RedisConnection.defaultTimeout
    ) async throws(RedisClientError) -> RedisConnection {
        let connection = try await connect(to: endpoint, on: group, timeout: timeout)
        do {
            if isFirst { try await connection.endConnections(before: name) }
            // A user without the permission has connections without a name.
            _ = try await connection.pipeline([RedisCommand("CLIENT", "SETNAME", ByteString(name.text))])
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    /// Ends every connection at the server that has to end before one of this name works. Where the user may not, or the
    /// server has no CLIENT LIST, the server's own closing of connections has to do.
    func endConnections(before newcomer: TenantConnectionName) async throws(RedisClientError) {
        try await endConnections { $0.mustEnd(before: newcomer) }
    }

    func endConnections(where mustEnd: (TenantConnectionName) -> Bool) async throws(RedisClientError) {
        let clients: RESPValue
        do {
            clients = try await call("CLIENT", "LIST")
        } catch {
            guard error.isRefusalInPrinciple else { throw error }
            return
        }
        let late = ClientInfo.list(clients.text ?? "").filter { TenantConnectionName($0.name).map(mustEnd) == true }
        _ = try await pipeline(late.map { RedisCommand("CLIENT", "KILL", "ID", ByteString($0.id)) })
    }
}

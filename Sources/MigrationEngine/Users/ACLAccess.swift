import MigrationCore
import RESP
import RedisClient

/// Reading and changing the users of one server.
package struct ACLAccess: Sendable {
    package let connection: RedisConnection

    package init(_ connection: RedisConnection) {
        self.connection = connection
    }

    /// Every user of the server. A line that cannot be read is a failure: a user overlooked is a user not fenced.
    package func users() async throws(MigrationFailure) -> [ACLUser] {
        let reply = try await call(RedisCommand("ACL", "LIST"), "reading the users")
        guard let lines = reply.elements else { throw unreadable("ACL LIST") }
        var users: [ACLUser] = []
        for line in lines {
            guard let bytes = line.bytes, let user = ACLUser(listLine: bytes) else { throw unreadable("ACL LIST") }
            users.append(user)
        }
        return users
    }

    /// The user that this connection runs as.
    package func ownName() async throws(MigrationFailure) -> ByteString {
        let reply = try await call(RedisCommand("ACL", "WHOAMI"), "asking for the user")
        guard let name = reply.bytes else { throw unreadable("ACL WHOAMI") }
        return name
    }

    package func dialect() async throws(MigrationFailure) -> ACLDialect {
        let reply = try await call(RedisCommand("INFO", "server"), "reading the version")
        let version = ServerInfo(reply.text ?? "")["redis_version"] ?? ""
        return ACLDialect(redisVersion: version)
    }

    /// Sends every `ACL SETUSER` at once. Each is atomic and binds connections that are already open; the first that
    /// the server refuses is thrown after all were answered.
    package func setUsers(
        _ changes: [(name: ByteString, rules: [ByteString])],
        while step: String
    ) async throws(MigrationFailure) {
        let commands = changes.map { RedisCommand(["ACL", "SETUSER", $0.name] + $0.rules) }
        let replies = try await pipeline(commands, step)
        for (change, reply) in zip(changes, replies) {
            guard case .error(let line) = reply else { continue }
            // The server quotes the rule that it refused, which may be a password's hash.
            let refused = RedisClientError.refused(
                server: connection.server,
                command: "ACL SETUSER \(change.name)",
                reply: change.rules.contains { $0.hasPrefix("#") && line.contains($0.text) } ? "ERR a hash" : line
            )
            throw MigrationFailure(refused, while: step)
        }
    }

    package func clients() async throws(MigrationFailure) -> [ClientInfo] {
        let reply = try await call(RedisCommand("CLIENT", "LIST"), "listing the connections")
        guard let text = reply.text else { throw unreadable("CLIENT LIST") }
        return ClientInfo.list(text)
    }

    func call(_ command: RedisCommand, _ step: String) async throws(MigrationFailure) -> RESPValue {
        do {
            return try await connection.call(command)
        } catch {
            throw MigrationFailure(error, while: step)
        }
    }

    func pipeline(_ commands: [RedisCommand], _ step: String) async throws(MigrationFailure) -> [RESPValue] {
        do {
            return try await connection.pipeline(commands)
        } catch {
            throw MigrationFailure(error, while: step)
        }
    }

    private func unreadable(_ command: String) -> MigrationFailure {
        MigrationFailure(.failed, "\(connection.server) answered \(command) in an unknown form")
    }
}

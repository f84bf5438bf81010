import MigrationCore
import RESP
import RedisClient

/// Reading and changing the users of one server.
package struct ACLAccess: Sendable {
    package let connection: RedisConnection

    /// The tool's user, where this connection runs as another.
    private let toolUser: ByteString?

    package init(_ connection: RedisConnection, toolUser: ByteString? = nil) {
        self.connection = connection
        self.toolUser = toolUser
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
        return try await knowingWrites(of: users)
    }

    /// Those of the users that are there; asked one by one, because a list of all of them takes a server with thousands
    /// too long to be asked for again and again.
    func users(named names: [ByteString]) async throws(MigrationFailure) -> [ACLUser] {
        try await users(named: names, in: try await pipeline(Self.getUsers(names), Self.reading))
    }

    /// The same behind the end of connections whose last commands may still change them. Where there are none to end that
    /// takes no longer.
    func users(
        named names: [ByteString],
        ending mustEnd: (TenantConnectionName) -> Bool
    ) async throws(MigrationFailure) -> [ACLUser] {
        let replies = try await pipeline([Self.listClients] + Self.getUsers(names), Self.reading)
        // Where they may not be listed, the server's own closing of connections has to do.
        let late = ClientInfo.list(replies[0].text ?? "").filter { TenantConnectionName($0.name).map(mustEnd) == true }
        guard !late.isEmpty else { return try await users(named: names, in: Array(replies[1...])) }
        let kills = late.map { RedisCommand("CLIENT", "KILL", "ID", ByteString($0.id)) }
        _ = try await pipeline(kills, "ending other migrations of the tenant")
        return try await users(named: names)
    }

    private static let reading = "reading the users"

    private static func getUsers(_ names: [ByteString]) -> [RedisCommand] {
        names.map { RedisCommand("ACL", "GETUSER", $0) }
    }

    private func users(
        named names: [ByteString],
        in replies: [RESPValue]
    ) async throws(MigrationFailure) -> [ACLUser] {
        guard !replies.contains(where: \.isPermissionDenied) else {
            return try await users().filter { names.contains($0.name) }
        }
        var users: [ACLUser] = []
        for (name, reply) in zip(names, replies) where reply != .null {
            guard let user = ACLUser(name: name, getUser: reply) else { throw unreadable("ACL GETUSER") }
            users.append(user)
        }
        return users
    }

    /// The user that the tool runs as.
    package func ownName() async throws(MigrationFailure) -> ByteString {
        if let toolUser { return toolUser }
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
        try check(try await pipeline(changes.map { Self.setUser($0.name, $0.rules) }, step), to: changes, while: step)
    }

    func check(
        _ replies: [RESPValue],
        to changes: [(name: ByteString, rules: [ByteString])],
        while step: String
    ) throws(MigrationFailure) {
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

    static func setUser(_ name: ByteString, _ rules: [ByteString]) -> RedisCommand {
        RedisCommand(["ACL", "SETUSER", name] + rules)
    }

    /// - Parameter names: As the journal has them; those that are not there any more are passed over.
    /// - Returns: Those that were there.
    package func removeUsers(_ names: [String], while step: String) async throws(MigrationFailure) -> [String] {
        let names = names.compactMap { name in ByteString(escaped: name).map { (name, $0) } }
        let replies = try await pipeline(names.map { RedisCommand("ACL", "DELUSER", $0.1) }, step)
        if let refusal = replies.compactMap(\.errorLine).first {
            let error = RedisClientError.refused(server: connection.server, command: "ACL DELUSER", reply: refusal)
            throw MigrationFailure(error, while: step)
        }
        return zip(names, replies).filter { $1.integer == 1 }.map(\.0.0)
    }

    package func clients() async throws(MigrationFailure) -> [ClientInfo] {
        try clients(in: try await pipeline([Self.listClients], Self.listing)[0])
    }

    static let listClients = RedisCommand("CLIENT", "LIST")
    private static let listing = "listing the connections"

    func clients(in reply: RESPValue) throws(MigrationFailure) -> [ClientInfo] {
        if let line = reply.errorLine {
            let refused = RedisClientError.refused(server: connection.server, command: "CLIENT LIST", reply: line)
            throw MigrationFailure(refused, while: Self.listing)
        }
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

import MigrationCore
import MigrationEngine
import MigrationTestSupport
import NIOPosix
import RESP
import RedisClient
import Testing

/// A source with the tenant's user `app`, and what a cutover holds of it.
final class FenceStage: Sendable {
    static let migration = "mig_0123456789"
    static let prefix = "__tenant:acme:"

    let server: RedisServer
    let scope: TenantScope
    let connection: RedisConnection

    init(_ server: RedisServer, user rules: String...) async throws {
        self.server = server
        scope = try TenantScope(tenant: "acme")
        connection = try await server.controlConnection()
        for line in rules { try server.setUser(line) }
    }

    var fence: ACLFence { ACLFence(scope: scope, migration: Self.migration, shards: [connection]) }

    /// The line of `ACL LIST`.
    func listed(_ user: String) throws -> String? {
        try server.call("ACL", "LIST").array?.compactMap(\.text).first { $0.hasPrefix("user \(user) ") }
    }
}

extension FenceStage {
    /// Of a migration between these servers.
    static func plan(
        _ source: RedisServer,
        _ target: RedisServer,
        _ copy: UserCopy = .tenant,
        replace: Bool = false,
        migration: String = migration
    ) throws -> MigrationPlan {
        var plan = try MigrationPlan(
            scope: try TenantScope(tenant: "acme"),
            source: ServerPlan(address: ServerAddress(host: "127.0.0.1", port: source.port)),
            target: ServerPlan(address: ServerAddress(host: "127.0.0.1", port: target.port)),
            transfer: try TransferOptions(),
            replace: replace,
            userCopy: copy
        )
        plan.id = migration
        return plan
    }

    func user(_ name: String) throws -> ACLUser {
        let line = try #require(try listed(name))
        return try #require(ACLUser(listLine: ByteString(line)))
    }
}

extension RedisServer {
    func controlConnection(user: String? = nil, password: String? = nil) async throws -> RedisConnection {
        let endpoint = RedisEndpoint(host: "127.0.0.1", port: port, username: user, password: password)
        return try await RedisConnection.connect(to: endpoint, on: MultiThreadedEventLoopGroup.singleton)
    }

    /// `line` is a name and its rules; selectors keep their spaces.
    func setUser(_ line: String) throws {
        let words = line.split(separator: " ").map { Bytes($0.utf8) }
        try connect().call([Bytes("ACL".utf8), Bytes("SETUSER".utf8)] + words)
    }

    func log(in user: String, password: String = "pw") throws -> RESPSocket {
        try connect(user: user, password: password)
    }
}

extension Reply {
    /// The error's first word.
    var code: String? { errorText?.split(separator: " ").first.map(String.init) }
}

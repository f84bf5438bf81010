import MigrationCore
import RESP
import RedisClient

/// Asks a server for the tenant's keys whose types are none of those that every server has: of modules, and vector sets.
struct UnusualKeyFinder: Sendable {
    private static let usual: Set<String> = ["string", "list", "set", "zset", "hash", "stream", "none"]

    let connection: RedisConnection
    let scope: TenantScope
    /// Nil for all of them.
    let databases: [Int]?

    func all() async throws -> Set<KeyName> {
        var found: Set<KeyName> = []
        for database in try await connection.info("keyspace").databases.map(\.number)
        where databases?.contains(database) ?? true {
            let scanner = KeyScanner(connection: connection, scope: scope)
            try await scanner.scan(database: database) { page in
                let keys = page.keys
                let replies = try await connection.pipeline(keys.map { RedisCommand("TYPE", $0) })
                for (key, reply) in zip(keys, replies) where !Self.usual.contains(reply.text ?? "") {
                    found.insert(KeyName(database: database, key: key))
                }
            }
        }
        return found
    }
}

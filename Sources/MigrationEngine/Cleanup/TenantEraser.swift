import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Removes a tenant's keys from a server, page by page.
struct TenantEraser: Sendable {
    let endpoint: RedisEndpoint
    let scope: TenantScope
    let group: any EventLoopGroup

    /// Removes every key of the tenant and returns how many there were.
    func erase(databases: [Int]?) async throws(MigrationFailure) -> Int {
        do {
            let connection = try await RedisConnection.connect(to: endpoint, on: group)
            let scanner = KeyScanner(connection: connection, scope: scope)
            var count = 0
            for database in try await connection.info("keyspace").databases.map(\.number)
            where databases?.contains(database) ?? true {
                try await scanner.scan(database: database) { page in
                    let keys = page.keys
                    guard !keys.isEmpty else { return }
                    count += try await connection.call(RedisCommand(["UNLINK"] + keys)).integer ?? 0
                }
            }
            await connection.close()
            return count
        } catch let error as RedisClientError {
            throw MigrationFailure(error, while: "removing what was copied")
        } catch {
            throw MigrationFailure(.failed, "removing what was copied was stopped")
        }
    }

    func removeUsers(_ names: [ByteString]) async throws(MigrationFailure) {
        guard !names.isEmpty else { return }
        do {
            let connection = try await RedisConnection.connect(to: endpoint, on: group)
            try await connection.call(RedisCommand(["ACL", "DELUSER"] + names))
            await connection.close()
        } catch {
            throw MigrationFailure(error, while: "removing the copied users")
        }
    }
}

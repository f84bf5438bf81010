import MigrationCore
import RESP
import RedisClient
import Synchronization

/// Which of the tenant's streams may have consumer groups. XREADGROUP, XACK, XCLAIM and XAUTOCLAIM change a stream
/// without a notification (Redis 7.0 t_stream.c), so where one of them has run, these are read again.
final class ConsumerGroups: Sendable {
    private struct State {
        var isTracking = false
        var fresh: Set<KeyName> = []
    }

    /// Events after which a key may be a stream with a group that was none before.
    static let events = Set(
        ["xgroup-create", "rename_to", "copy_to", "move_to", "restore"].map { Array($0.utf8) }
    )

    private let state = Mutex(State())

    /// Notes what may have become such a stream, once somebody wants to know.
    func saw(_ name: KeyName) {
        state.withLock { if $0.isTracking { $0.fresh.insert(name) } }
    }

    func beginTracking() {
        state.withLock { $0.isTracking = true }
    }

    /// Those noted since the last call.
    func takeFresh() -> Set<KeyName> {
        state.withLock { state in
            defer { state.fresh = [] }
            return state.fresh
        }
    }
}

/// Asks a server for streams with consumer groups, on a connection of its own.
struct GroupFinder: Sendable {
    private static let most = 1000

    let connection: RedisConnection
    let scope: TenantScope
    /// Nil for all of them.
    let databases: [Int]?

    /// All streams of the tenant that have a group.
    func all() async throws(RedisClientError) -> Set<KeyName> {
        var found: Set<KeyName> = []
        for database in try await connection.info("keyspace").databases.map(\.number)
        where databases?.contains(database) ?? true {
            try await connection.call("SELECT", ByteString(database))
            var cursor: ByteString = "0"
            repeat {
                let page = try await page(at: cursor)
                let names = page.keys.map { KeyName(database: database, key: $0) }
                found.formUnion(try await withGroups(names))
                cursor = page.next
            } while cursor != "0"
        }
        return found
    }

    /// Those of the keys that are streams and have a group.
    func grouped(_ names: Set<KeyName>) async throws(RedisClientError) -> Set<KeyName> {
        var found: Set<KeyName> = []
        for (database, keys) in Dictionary(grouping: names, by: \.database) {
            try await connection.call("SELECT", ByteString(database))
            for start in stride(from: 0, to: keys.count, by: Self.most) {
                found.formUnion(try await withGroups(Array(keys[start..<min(start + Self.most, keys.count)])))
            }
        }
        return found
    }

    private func page(at cursor: ByteString) async throws(RedisClientError) -> (keys: [ByteString], next: ByteString) {
        let pattern = scope.pattern
        let reply = try await connection.call("SCAN", cursor, "MATCH", pattern, "COUNT", "1000", "TYPE", "stream")
        guard let parts = reply.elements, parts.count == 2, let next = parts[0].bytes, let keys = parts[1].elements
        else { throw .unexpectedReply(server: connection.server, command: "SCAN") }
        return (keys.compactMap(\.bytes).filter(scope.contains), next)
    }

    /// In the selected database. A key of another type, or none, is answered with an error; a user who may not ask gets
    /// one too, and then every stream counts.
    private func withGroups(_ names: [KeyName]) async throws(RedisClientError) -> [KeyName] {
        let replies = try await connection.pipeline(names.map { RedisCommand("XINFO", "GROUPS", $0.key) })
        return zip(names, replies).filter { _, reply in
            reply.isPermissionDenied || reply.elements?.isEmpty == false
        }.map(\.0)
    }
}

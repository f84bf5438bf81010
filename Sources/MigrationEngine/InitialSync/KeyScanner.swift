import MigrationCore
import RESP
import RedisClient

/// Names a tenant's keys, page by page, in one database of one server.
struct KeyScanner: Sendable {
    /// Keys that the server looks at for one page; 500 to 2000 cost the same per key.
    private static let pageSize: ByteString = "1000"

    struct Page: Sendable {
        let keys: [ByteString]
        /// Where the next page begins; 0 after the last.
        let cursor: UInt64
    }

    let connection: RedisConnection
    let scope: TenantScope

    /// Calls `body` with each page. The next page is asked for before this one is worked on.
    func scan(database: Int, _ body: (Page) async throws -> Void) async throws {
        try await connection.call("SELECT", ByteString(database))
        var next = request(cursor: "0")
        while true {
            let page = try await read(next)
            guard page.cursor != 0 else {
                try await body(page)
                return
            }
            next = request(cursor: ByteString(String(page.cursor)))
            try await body(page)
        }
    }

    private func request(cursor: ByteString) -> Task<RESPValue, any Error> {
        let command = RedisCommand("SCAN", cursor, "MATCH", scope.pattern, "COUNT", Self.pageSize)
        return Task { [connection] in try await connection.call(command) }
    }

    private func read(_ request: Task<RESPValue, any Error>) async throws -> Page {
        let reply = try await withTaskCancellationHandler {
            try await request.value
        } onCancel: {
            request.cancel()
        }
        try Task.checkCancellation()
        guard let parts = reply.elements, parts.count == 2, let cursor = parts[0].text.flatMap({ UInt64($0) }),
            let keys = parts[1].elements
        else { throw RedisClientError.unexpectedReply(server: connection.server, command: "SCAN") }
        // The server matches a pattern; that a key is the tenant's is decided here, byte by byte.
        return Page(keys: keys.compactMap(\.bytes).filter(scope.contains), cursor: cursor)
    }
}

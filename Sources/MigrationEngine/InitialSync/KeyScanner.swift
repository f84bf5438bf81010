import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Names a tenant's keys, page by page, in one database of one server.
struct KeyScanner: Sendable {
    /// Keys that the server looks at for one page; 500 to 2000 cost the same per key.
    private static let pageSize: ByteString = "1000"

    let connection: RedisConnection
    let scope: TenantScope

    /// Calls `body` with each page. The next page is asked for before this one is worked on.
    func scan(database: Int, _ body: (KeyPage) async throws -> Void) async throws {
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

    private func request(cursor: ByteString) -> Task<ByteBuffer, any Error> {
        let command = RedisCommand("SCAN", cursor, "MATCH", scope.pattern, "COUNT", Self.pageSize)
        return Task { [connection] in try await connection.raw(command) }
    }

    private func read(_ request: Task<ByteBuffer, any Error>) async throws -> KeyPage {
        let reply = try await request.value
        try Task.checkCancellation()
        return try KeyPage(scanReply: reply, scope: scope, server: connection.server)
    }
}

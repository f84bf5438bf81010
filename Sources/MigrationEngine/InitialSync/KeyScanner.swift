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

    /// Calls `body` with each page. The next page is asked for before this one is looked at, so that the server works
    /// on it meanwhile.
    func scan(database: Int, _ body: (KeyPage) async throws -> Void) async throws {
        try await connection.call("SELECT", ByteString(database))
        var next: EventLoopFuture<ByteBuffer>? = request(cursor: 0)
        while let pending = next {
            let reply = try await connection.reply(pending)
            try Task.checkCancellation()
            let cursor = try KeyPage.cursor(of: reply, server: connection.server)
            next = cursor == 0 ? nil : request(cursor: cursor)
            try await body(KeyPage(scanReply: reply, scope: scope, server: connection.server))
        }
    }

    private func request(cursor: UInt64) -> EventLoopFuture<ByteBuffer> {
        let command = RedisCommand("SCAN", ByteString(cursor), "MATCH", scope.pattern, "COUNT", Self.pageSize)
        return connection.raw(command)
    }
}

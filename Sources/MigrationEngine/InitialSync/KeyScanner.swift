import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Names a tenant's keys, page by page, in one database of one server.
struct KeyScanner: Sendable {
    /// Keys that the server looks at for one page; 500 to 2000 cost the same per key.
    private static let pageSize = 1000
    /// Names of a length that is not known yet.
    private static let nameBytes = 256

    let connection: RedisConnection
    let scope: TenantScope
    /// Of a page: it waits whole in the server's output buffer.
    var pageBytes = 1 << 20

    /// Calls `body` with each page. The next page is asked for before this one is looked at, so that the server works
    /// on it meanwhile.
    func scan(database: Int, _ body: (KeyPage) async throws -> Void) async throws {
        try await connection.call("SELECT", ByteString(database))
        let first = max(1, min(Self.pageSize, pageBytes / Self.nameBytes))
        var sizer = BatchSizer(first: first, most: Self.pageSize, bytes: pageBytes)
        var next: EventLoopFuture<ByteBuffer>? = request(cursor: 0, count: sizer.size)
        while let pending = next {
            let reply = try await connection.reply(pending)
            try Task.checkCancellation()
            let cursor = try KeyPage.cursor(of: reply, server: connection.server)
            let page = try KeyPage(scanReply: reply, scope: scope, server: connection.server)
            sizer.answered(keys: page.count, bytes: reply.readableBytes)
            next = cursor == 0 ? nil : request(cursor: cursor, count: sizer.size)
            try await body(page)
        }
    }

    private func request(cursor: UInt64, count: Int) -> EventLoopFuture<ByteBuffer> {
        let command = RedisCommand("SCAN", ByteString(cursor), "MATCH", scope.pattern, "COUNT", ByteString(count))
        return connection.raw(command)
    }
}

import MigrationCore
import RESP
import RedisClient

extension RedisConnection {
    /// One section of INFO, or all where `section` is `default`.
    func info(_ section: ByteString) async throws(RedisClientError) -> ServerInfo {
        ServerInfo(try await call("INFO", section).text ?? "")
    }
}

import MigrationCore
import RESP
import RedisClient

extension RedisConnection {
    /// What the server's settings allow a client; nothing is known where it does not tell them.
    func clientLimits() async throws(RedisClientError) -> ClientLimits {
        let names = ClientLimits.settings
        // Before 7.0 CONFIG GET takes one name.
        let replies = try await pipeline(names.map { RedisCommand("CONFIG", "GET", ByteString($0)) })
        let values = zip(names, replies).compactMap { name, reply in reply[name]?.text.map { (name, $0) } }
        return ClientLimits(Dictionary(uniqueKeysWithValues: values))
    }
}

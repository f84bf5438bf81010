import MigrationCore
import RESP
import RedisClient

/// What others at the source notice of a feed that is attached as a replica is. A right that is missing to ask is no
/// failure: then nothing is said of it.
struct ReplicaEffects {
    /// Each Sentinel listens there (Redis sentinel.c, SENTINEL_HELLO_CHANNEL).
    private static let sentinelChannel: ByteString = "__sentinel__:hello"

    let server: ValidatedServer

    /// How long a SHUTDOWN waits, as it does for any replica that lags: the tool never acknowledges what it has read.
    /// Nil before Redis 7.0, which does not wait.
    func shutdown() async throws(RedisClientError) -> String? {
        guard server.dialect == .keyPermissions else { return nil }
        let reply = try await server.connection.pipeline([RedisCommand("CONFIG", "GET", "shutdown-timeout")])[0]
        let seconds = reply["shutdown-timeout"]?.integer
        guard seconds != 0 else { return nil }
        let time = seconds.map { "\($0) s (shutdown-timeout)" } ?? "shutdown-timeout, 10 s unless it was set,"
        return "while it is attached a SHUTDOWN of \(server.name) waits \(time) for it"
    }

    /// Whether Sentinels watch the server, and what that means.
    func sentinels() async throws(RedisClientError) -> String? {
        let replies = try await server.connection.pipeline([
            RedisCommand("PUBSUB", "NUMSUB", Self.sentinelChannel), RedisCommand("CLIENT", "LIST"),
        ])
        let listening = replies[0].elements?.last?.integer ?? 0
        // As they name their connections: sentinel-<id>-cmd.
        let named = ClientInfo.list(replies[1].text ?? "").contains { client in
            client.name.hasPrefix("sentinel-") && client.name.hasSuffix("-cmd")
        }
        guard listening > 0 || named else { return nil }
        return
            "a Sentinel watches \(server.name): it will list the tool as a replica with port 0 that is down, and write that "
            + "into its file; run SENTINEL RESET there for this primary when the migration is over, or use --feed "
            + "notifications"
    }
}

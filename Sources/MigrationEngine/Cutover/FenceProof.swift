import MigrationCore
import RESP
import RedisClient

/// Asks the server with `ACL DRYRUN` (Redis 7.0), which runs nothing, whether a fenced user could still write. The
/// stream's silence after the barrier is the other half of the proof, and on older servers all of it.
struct FenceProof {
    private let trials: [(user: ByteString, command: RedisCommand)]

    init(_ record: FenceRecord, scope: TenantScope) {
        trials = record.users.flatMap { user in Self.trials(user, scope).map { (user.name, $0) } }
    }

    var commands: [RedisCommand] {
        trials.map { RedisCommand(["ACL", "DRYRUN", $0.user] + $0.command.arguments) }
    }

    /// - Parameter replies: To `commands`, from behind the fence.
    func check(_ replies: some Sequence<RESPValue>, server: String) throws(MigrationFailure) {
        for (trial, reply) in zip(trials, replies) where reply.isOK {
            throw MigrationFailure(
                .failed,
                "user \(trial.user) could still run \(trial.command.name) on the tenant's keys at \(server) although the "
                    + "fence is up; use --fence pause or --fence none"
            )
        }
    }

    /// One command for each way of writing, on a key of each pattern that the user has within the tenant.
    private static func trials(_ user: FenceRecord.User, _ scope: TenantScope) -> [RedisCommand] {
        let rules = ACLUser(name: user.name, rules: user.lowered)
        let patterns = rules?.unfenced(for: scope).patterns.filter { $0.isWithin(scope) } ?? []
        let keys = Set(patterns.compactMap(\.sampleKey)).sorted()
        return keyless + keys.flatMap { writes(to: $0) }
    }

    private static let keyless = [
        RedisCommand("FLUSHALL"), RedisCommand("FLUSHDB"), RedisCommand("SWAPDB", "0", "1"),
    ]

    private static func writes(to key: ByteString) -> [RedisCommand] {
        [
            RedisCommand("SET", key, "v"), RedisCommand("DEL", key), RedisCommand("PEXPIRE", key, "1"),
            RedisCommand("LPUSH", key, "v"), RedisCommand("BLPOP", key, "0"), RedisCommand("HSET", key, "f", "v"),
            RedisCommand("SADD", key, "v"), RedisCommand("ZADD", key, "1", "v"), RedisCommand("RENAME", key, key),
            RedisCommand("XADD", key, "*", "f", "v"), RedisCommand("SORT", key, "STORE", key),
            RedisCommand("XREADGROUP", "GROUP", "g", "c", "STREAMS", key, ">"),
            RedisCommand("RESTORE", key, "0", "v"), RedisCommand("GETEX", key, "PERSIST"),
        ]
    }
}

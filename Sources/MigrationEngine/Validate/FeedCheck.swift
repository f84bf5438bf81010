import MigrationCore
import NIOCore
import RESP
import RedisClient

/// How will the tool notice what changes at the source? Today by replication or not at all.
struct FeedCheck {
    let context: ValidationContext
    let group: any EventLoopGroup

    func run() async -> ValidationCheck {
        do {
            // A connection of its own: REPLCONF leaves its mark on one.
            let timeout = context.settings.timeout
            let connection = try await RedisConnection.connect(to: source.endpoint, on: group, timeout: timeout)
            let replies = await answers(of: connection)
            await connection.close()
            return verdict(try replies.get())
        } catch {
            return context.failed(.changeFeed, error)
        }
    }

    private var source: ValidatedServer { context.source }

    private func answers(of connection: RedisConnection) async -> Result<[RESPValue], RedisClientError> {
        do throws(RedisClientError) {
            let filter = try await connection.pipeline([RedisCommand("REPLCONF", "rdb-filter-only", "")])
            // PSYNC right behind an unread PONG is refused with "pending output" once permission was looked at
            // (Redis replication.c, syncCommand): no replication begins and nothing is forked.
            return .success(
                filter + (try await connection.pipeline([RedisCommand("PING"), RedisCommand("PSYNC", "?", "-1")]))
            )
        } catch {
            return .failure(error)
        }
    }

    private func verdict(_ replies: [RESPValue]) -> ValidationCheck {
        let (filter, psync) = (replies[0], replies[2])
        for (command, reply) in [("REPLCONF", filter), ("PSYNC", psync)] {
            if reply.isPermissionDenied {
                let user = source.endpoint.username ?? "default"
                return refused("user \(user) at \(source.name) may not run \(command): grant it +psync +replconf")
            }
            if reply.isUnknownCommand {
                return refused(
                    "\(source.name) does not offer replication (\(command) is unknown), the only feed so far"
                )
            }
        }
        if let line = psync.errorLine, !line.contains("pending output") {
            return refused("\(source.name) refuses replication: \(line)")
        }
        if filter.isOK { return .ok(.changeFeed, "replication, without a copy of the server's data") }
        if source.info["repl_backlog_active"] == "1" { return .ok(.changeFeed, "replication, from the backlog on") }
        return .ok(.changeFeed, "replication; this version sends all its data first, which is read and thrown away")
    }

    private func refused(_ reason: String) -> ValidationCheck {
        .fail(.changeFeed, MigrationFailure(.refused, reason))
    }
}

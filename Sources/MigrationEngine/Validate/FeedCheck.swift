import MigrationCore
import NIOCore
import RESP
import RedisClient

/// How will the tool notice what changes at the source? Today by replication or not at all. The target is followed
/// too, but only across the switch, to tell what clients write there from differences.
struct FeedCheck {
    let context: ValidationContext
    let group: any EventLoopGroup

    /// What a server answered to the beginning of a replication.
    private struct Answers {
        let filter: RESPValue
        let psync: RESPValue
    }

    func run() async -> ValidationCheck {
        do {
            let answers = try await answers(of: source)
            if let reason = refusal(answers, source) {
                return .fail(.changeFeed, MigrationFailure(.refused, reason))
            }
            if let reason = refusal(try await self.answers(of: context.target), context.target) {
                return .warning(
                    .changeFeed,
                    "\(reason) for the verification across the switch, or cut over with --verify none"
                )
            }
            return .ok(.changeFeed, kind(answers))
        } catch {
            return context.failed(.changeFeed, error)
        }
    }

    private var source: ValidatedServer { context.source }

    /// Over a connection of its own: REPLCONF leaves its mark on one.
    private func answers(of server: ValidatedServer) async throws(RedisClientError) -> Answers {
        let timeout = context.settings.timeout
        let connection = try await RedisConnection.connect(to: server.endpoint, on: group, timeout: timeout)
        do throws(RedisClientError) {
            let filter = try await connection.pipeline([RedisCommand("REPLCONF", "rdb-filter-only", "")])[0]
            // PSYNC right behind an unread PONG is refused with "pending output" once permission was looked at
            // (Redis replication.c, syncCommand): no replication begins and nothing is forked.
            let psync = try await connection.pipeline([RedisCommand("PING"), RedisCommand("PSYNC", "?", "-1")])[1]
            await connection.close()
            return Answers(filter: filter, psync: psync)
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Why no replication can begin there.
    private func refusal(_ answers: Answers, _ server: ValidatedServer) -> String? {
        for (command, reply) in [("REPLCONF", answers.filter), ("PSYNC", answers.psync)] {
            if reply.isPermissionDenied {
                let user = server.endpoint.username ?? "default"
                return "user \(user) at \(server.name) may not run \(command): grant it +psync +replconf"
            }
            if reply.isUnknownCommand {
                return "\(server.name) does not offer replication (\(command) is unknown), the only feed so far"
            }
        }
        guard let line = answers.psync.errorLine, !line.contains("pending output") else { return nil }
        return "\(server.name) refuses replication: \(line)"
    }

    private func kind(_ answers: Answers) -> String {
        if answers.filter.isOK { return "replication, without a copy of the server's data" }
        if source.info["repl_backlog_active"] == "1" { return "replication, from the backlog on" }
        return "replication; this version sends all its data first, which is read and thrown away"
    }
}

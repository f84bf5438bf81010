import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Asks a server which feeds it allows. It leaves nothing behind.
struct FeedProbe: Sendable {
    let endpoint: RedisEndpoint
    /// The server in messages.
    let name: String
    let scope: TenantScope
    let databases: [Int]?
    let group: any EventLoopGroup
    var timeout = RedisConnection.defaultTimeout

    /// Whether it has a backlog is asked only where it has no empty RDB.
    func findings(_ preference: FeedPreference) async throws(RedisClientError) -> FeedFindings {
        var findings = FeedFindings(replication: .refused("replication was not asked for"))
        if preference != .notifications {
            findings.replication = try await replication()
            guard preference == .auto, case .refused = findings.replication else { return findings }
        }
        findings.notifications = try await notifications()
        return findings
    }

    private var user: String { endpoint.username ?? "default" }

    /// A connection of its own each time: REPLCONF and PSUBSCRIBE leave their mark on one.
    private func withConnection<Value: Sendable>(
        _ body: (RedisConnection) async throws -> Value
    ) async throws(RedisClientError) -> Value {
        let connection = try await RedisConnection.connect(to: endpoint, on: group.next(), timeout: timeout)
        let result: Result<Value, any Error>
        do { result = .success(try await body(connection)) } catch { result = .failure(error) }
        await connection.close()
        switch result {
        case .success(let value): return value
        case .failure(let error as RedisClientError): throw error
        case .failure(let error): throw .disconnected(server: endpoint.description, reason: "\(error)")
        }
    }
}

// MARK: - Replication

extension FeedProbe {
    private func replication() async throws(RedisClientError) -> FeedFindings.Replication {
        try await withConnection { connection in
            let info = try await connection.pipeline([RedisCommand("INFO", "replication")])[0]
            let filter = try await connection.pipeline([RedisCommand("REPLCONF", "rdb-filter-only", "")])[0]
            // PSYNC right behind an unread PONG is refused with "pending output" once permission was looked at
            // (Redis replication.c, syncCommand): no replication begins and nothing is forked.
            let replies = try await connection.pipeline([RedisCommand("PING"), RedisCommand("PSYNC", "?", "-1")])
            return verdict(filter: filter, psync: replies[1], ServerInfo(info.text ?? ""))
        }
    }

    private func verdict(filter: RESPValue, psync: RESPValue, _ info: ServerInfo) -> FeedFindings.Replication {
        for (command, reply) in [("REPLCONF", filter), ("PSYNC", psync)] {
            if reply.isPermissionDenied {
                return .refused("user \(user) at \(name) may not run \(command): grant it +psync +replconf")
            }
            if reply.isUnknownCommand {
                return .refused("\(name) does not offer replication (\(command) is unknown)")
            }
        }
        if ReplicationInfo(info) == nil {
            return .refused("\(name) does not say where its stream stands (INFO replication has no master_replid)")
        }
        if let line = psync.errorLine, !line.contains("pending output") {
            return .refused("\(name) refuses replication: \(line)")
        }
        if filter.isOK { return .possible("replication, without a copy of the server's data") }
        if info["repl_backlog_active"] == "1" { return .possible("replication, from the backlog on") }
        return .possible("replication; this version sends all its data first, which is read and thrown away")
    }
}

// MARK: - Notifications

extension FeedProbe {
    private func notifications() async throws(RedisClientError) -> FeedFindings.Notifications {
        try await withConnection { control in
            if let obstacle = try await obstacle(control) { return .refused(obstacle) }
            if let obstacle = try await withConnection(subscription) { return .refused(obstacle) }
            guard let current = try await NotificationSwitch(control: control).current() else {
                return try await trial(control)
            }
            return try await permission(to: current, control)
        }
    }

    /// Nothing else says that FLUSHALL has run.
    private func obstacle(_ control: RedisConnection) async throws -> String? {
        let ask = RedisCommand("INFO", "commandstats")
        let reply = try await control.pipeline([ask, ask])[1]
        if reply.isPermissionDenied { return "user \(user) at \(name) may not run INFO: grant it +info" }
        guard ServerInfo(reply.text ?? "").calls(of: "info") > 0 else {
            return "\(name) does not count its commands (INFO commandstats), so a FLUSHALL would go unnoticed"
        }
        return nil
    }

    private func subscription(_ connection: RedisConnection) async throws -> String? {
        if try await connection.pipeline([RedisCommand("PING", "1")])[0].isPermissionDenied {
            return "user \(user) at \(name) may not run PING: grant it +ping"
        }
        let pattern = scope.channelPatterns(databases: databases)[0]
        let reply = try await connection.pipeline([RedisCommand("PSUBSCRIBE", pattern)])[0]
        guard let line = reply.errorLine else { return nil }
        guard reply.isPermissionDenied else { return "\(name) refuses PSUBSCRIBE: \(line)" }
        return "user \(user) at \(name) may not listen: grant it +psubscribe &\(pattern)"
    }

    /// Setting what is set already changes nothing, and shows whether it may be changed.
    private func permission(
        to current: String,
        _ control: RedisConnection
    ) async throws -> FeedFindings.Notifications {
        let flags = NotificationFlags(current)
        guard !flags.isSufficient else { return .possible(nil) }
        guard let line = try await NotificationSwitch(control: control).set(current) else {
            return .possible(NotificationSetting(original: current, raised: flags.raised.text))
        }
        return .refused(
            "notify-keyspace-events of \(name) is '\(current)' and may not be changed (\(line)): set it to "
                + "'\(flags.raised.text)' there, or grant user \(user) +config|set"
        )
    }

    private func trial(_ control: RedisConnection) async throws -> FeedFindings.Notifications {
        let missing: String
        do {
            missing = try await NotificationTrial(endpoint: endpoint, loop: group.next()).missing(control)
        } catch let error as RedisClientError {
            guard case .refused(_, _, let line) = error else { throw error }
            return .refused(
                "\(name) does not say what it notifies of, and that could not be tried (\(line)): grant user \(user) "
                    + "+config|get, or ~__ferrite_migrate:* with its channels &__keyspace@*"
            )
        }
        guard !missing.isEmpty else { return .possible(nil) }
        return .refused(
            "\(name) does not notify of everything (classes \(missing) are missing) and does not let its settings be "
                + "read: set notify-keyspace-events to 'AK' there"
        )
    }
}

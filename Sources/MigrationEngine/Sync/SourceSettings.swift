import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Settings of the source that a migration may change for its time (CONFIG GET, CONFIG SET).
struct SourceSettings: Sendable {
    static let backlog = "repl-backlog-size"
    static let notifications = "notify-keyspace-events"

    let endpoint: RedisEndpoint
    let group: any EventLoopGroup

    /// Nil where the server does not know it.
    func value(of name: String) async throws(MigrationFailure) -> String? {
        try await call(RedisCommand("CONFIG", "GET", ByteString(name)), "reading \(name)")[name]?.text
    }

    func set(_ name: String, to value: String) async throws(MigrationFailure) {
        _ = try await call(RedisCommand("CONFIG", "SET", ByteString(name), ByteString(value)), "setting \(name)")
    }

    /// Puts the setting back, unless somebody else has changed it meanwhile.
    func restore(_ setting: ServerSetting) async throws(MigrationFailure) {
        guard try await value(of: setting.name) == setting.raised else { return }
        try await set(setting.name, to: setting.original)
    }

    private func call(_ command: RedisCommand, _ step: String) async throws(MigrationFailure) -> RESPValue {
        try await endpoint.withConnection(on: group, while: step) { connection in
            let reply = try await connection.pipeline([command])[0]
            if let line = reply.errorLine {
                throw RedisClientError.refused(server: endpoint.description, command: "CONFIG", reply: line)
            }
            return reply
        }
    }
}

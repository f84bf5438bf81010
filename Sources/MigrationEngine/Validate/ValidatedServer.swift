import MigrationCore
import NIOCore
import RESP
import RedisClient

/// One end of a migration, reached and logged in to.
struct ValidatedServer: Sendable {
    let role: String
    let endpoint: RedisEndpoint
    let connection: RedisConnection
    let info: ServerInfo
    let limits: ClientLimits

    /// A server that could not be asked anything, and the check that this fails.
    struct Obstacle: Error {
        let check: ValidationCheck.Name
        let failure: MigrationFailure
    }

    /// - Parameter role: `source` or `target`, for messages.
    static func open(
        _ role: String,
        _ endpoint: RedisEndpoint,
        on group: any EventLoopGroup,
        timeout: TimeAmount
    ) async throws(Obstacle) -> ValidatedServer {
        let connection: RedisConnection
        do {
            connection = try await RedisConnection.connect(to: endpoint, on: group, timeout: timeout)
        } catch {
            throw obstacle(error, role)
        }
        do {
            try await ping(connection)
            let info = try await information(connection)
            let limits = try await connection.clientLimits()
            endpoint.pulse.note(idleSeconds: limits.idleSeconds)
            return ValidatedServer(
                role: role,
                endpoint: endpoint,
                connection: connection,
                info: info,
                limits: limits
            )
        } catch {
            await connection.close()
            throw obstacle(error, role)
        }
    }

    var name: String { "\(role) \(endpoint)" }

    var product: ServerProduct { ServerProduct(info) }

    /// Of answers that may wait at the server for this connection.
    var answerBytes: Int { limits.answerBytes(connections: Self.connections) ?? Self.mostAnswerBytes }

    private static let connections = 10
    private static let mostAnswerBytes = 16 << 20

    var dialect: ACLDialect { ACLDialect(redisVersion: info["redis_version"] ?? "") }

    /// The databases that hold keys and that the plan does not leave out.
    func databases(of plan: MigrationPlan) -> [(number: Int, keys: Int)] {
        info.databases.filter { plan.databases?.contains($0.number) ?? true }
    }

    private static func ping(_ connection: RedisConnection) async throws(RedisClientError) {
        do {
            try await connection.call("PING")
        } catch {
            // A user that may not PING is logged in all the same.
            if error.code != "NOPERM" { throw error }
        }
    }

    private static func information(_ connection: RedisConnection) async throws(RedisClientError) -> ServerInfo {
        let reply = try await connection.pipeline([RedisCommand("INFO")])[0]
        return ServerInfo(reply.text ?? "")
    }

    private static func obstacle(_ error: RedisClientError, _ role: String) -> Obstacle {
        let check: ValidationCheck.Name =
            switch error.code {
            case _ where error.isMissingPassword: .authentication
            case "NOAUTH", "WRONGPASS", "NOPERM": .authentication
            // "ERR AUTH <password> called without any password configured" and the like.
            case "ERR" where error.isRefusedLogin: .authentication
            default: .connectivity
            }
        return Obstacle(check: check, failure: MigrationFailure(error, while: "checking the \(role)"))
    }
}

extension RedisClientError {
    fileprivate var isMissingPassword: Bool {
        if case .noPassword = self { true } else { false }
    }

    fileprivate var isRefusedLogin: Bool {
        guard case .refused(_, let command, _) = self else { return false }
        return command == "AUTH"
    }
}

import MigrationCore
import RedisClient

extension MigrationFailure {
    /// One line for what a server did not do, and the next step.
    package init(_ error: RedisClientError) {
        switch error {
        case .unreachable(let server, let reason):
            self.init(.unreachable, "cannot reach \(server): \(reason); check the address and that the server is up")
        case .disconnected(let server, let reason):
            self.init(.unreachable, "lost the connection to \(server): \(reason)")
        case .timedOut(let server, let command):
            self.init(.unreachable, "\(server) did not answer \(command) in time; check its load and the network")
        case .notRESP(let server):
            self.init(.unreachable, "\(server) does not speak the Redis protocol; check the address and port")
        case .unexpectedReply(let server, let command):
            self.init(.failed, "\(server) answered \(command) in a way that no known version does")
        case .refused(let server, let command, let reply):
            self = Self.refusal(server, command, reply)
        }
    }

    package init(attaching error: any Error, to server: String) {
        switch error {
        case let error as RedisClientError: self.init(error)
        default: self.init(.failed, "attaching the change feed to \(server) failed: \(error)")
        }
    }

    private static func refusal(_ server: String, _ command: String, _ reply: String) -> MigrationFailure {
        switch reply.split(separator: " ").first {
        case "WRONGPASS", "NOAUTH":
            return MigrationFailure(.refused, "\(server) refused the login (\(reply)); check the user and the password")
        case "NOPERM":
            return MigrationFailure(.refused, "\(server) refused \(command) (\(reply)); grant it to the tool's user")
        case "LOADING", "BUSY", "TRYAGAIN", "MASTERDOWN", "CLUSTERDOWN":
            return MigrationFailure(.notNow, "\(server) is not ready (\(reply)); try again later")
        case "OOM":
            return MigrationFailure(
                .failed,
                "\(server) is out of memory (\(reply)); give it more maxmemory, then migrate again"
            )
        default:
            return MigrationFailure(.failed, "\(server) refused \(command): \(reply)")
        }
    }

    init(_ failure: LaneFailure, source: String, target: String) {
        switch failure {
        case .source(let reply): self = Self.refusal(source, "a read", reply)
        case .target(let reply, let database, let key):
            let what = key.map { "\($0) in db \(database)" } ?? "SELECT \(database)"
            self = Self.refusal(target, "to store \(what)", reply)
        case .sourceNotRESP: self.init(RedisClientError.notRESP(server: source))
        case .targetNotRESP: self.init(RedisClientError.notRESP(server: target))
        case .disconnected(let server):
            self.init(RedisClientError.disconnected(server: server, reason: "the server closed the connection"))
        }
    }
}

import MigrationCore
import RedisClient

extension MigrationFailure {
    /// Redis cluster.c, restoreCommand. That the target knows the version was tried before the migration began, so it
    /// is most likely the checksum, and the next time the payload is whole.
    private static let damaged = "DUMP payload version or checksum"

    init(attaching error: any Error, to server: String) {
        switch error {
        case let error as RedisClientError: self.init(error, while: "attaching the change feed")
        default: self.init(.failed, "attaching the change feed: \(server): \(error)")
        }
    }

    /// - Parameter learns: A value that the target found too long moves in pieces the next time.
    init(_ failure: LaneFailure, _ endpoints: MigrationEndpoints, learns: Bool = false) {
        let (source, target) = (endpoints.source.description, endpoints.target.description)
        switch failure {
        case .source(let reply, let database, let key):
            let command = "to read \(key.map { "\($0)" } ?? "keys") in db \(database)"
            self.init(.refused(server: source, command: command, reply: reply), while: "copying")
        case .target(let reply, let database, let key?) where reply.contains(Self.damaged):
            self.init(
                .notNow,
                "copying: \(target) found \(key) in db \(database) damaged on its way from \(source): \(reply); if that "
                    + "does not pass, check the network and that the target's version is not older than the source's"
            )
        case .target(let reply, let database, let key?) where failure.isRefusedLength && learns:
            self.init(
                .notNow,
                "copying: \(target) does not take \(key) in db \(database) in one command: \(reply); it moves in pieces "
                    + "the next time, or raise proto-max-bulk-len there"
            )
        case .target(let reply, let database, let key):
            let command = key.map { "to store \($0) in db \(database)" } ?? "SELECT \(database)"
            self.init(.refused(server: target, command: command, reply: reply), while: "copying")
        case .sourceNotRESP:
            self.init(.notRESP(server: source), while: "copying")
        case .targetNotRESP:
            self.init(.notRESP(server: target), while: "copying")
        case .disconnected(let server, let key):
            let step = "copying\(key.map { " \($0.key) in db \($0.database)" } ?? "")"
            let reason = "the server closed it\(endpoints.closingHint(server))"
            self.init(.disconnected(server: server, reason: reason), while: step)
        case .silent(let server):
            self.init(.timedOut(server: server, command: "the commands of a lane"), while: "copying")
        }
    }
}

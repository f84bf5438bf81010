import MigrationCore
import RedisClient

extension MigrationFailure {
    /// What a server's answer means for the exit code, in one line that says what was being done.
    package init(_ error: RedisClientError, while step: String) {
        switch error {
        case .unreachable(let server, let reason):
            self.init(
                .unreachable,
                "\(step): \(server) cannot be reached: \(reason); check the address and the network"
            )
        case .tls(let server, let fault):
            self.init(fault.failureKind, "\(step): no TLS with \(server): \(fault.reason)")
        case .noPassword(let server, let reason, let mayPass):
            self.init(mayPass ? .unreachable : .refused, "\(step): no password for \(server): \(reason)")
        case .disconnected(let server, let reason):
            self.init(.unreachable, "\(step): the connection to \(server) was lost: \(reason); try again")
        case .notRESP(let server):
            self.init(.unreachable, "\(step): \(server) does not speak the Redis protocol; check the address")
        case .timedOut(let server, let command):
            self.init(.unreachable, "\(step): \(server) did not answer \(command) in time; check that it is healthy")
        case .unexpectedReply(let server, let command):
            self.init(.failed, "\(step): \(server) answered \(command) in an unknown form")
        case .refused(let server, let command, let reply):
            let kind = Self.saysFull(reply) ? .notNow : Self.kind(ofReplyCode: error.code)
            let advice = Self.settingAdvice(reply) ?? Self.advice(error.code)
            self.init(kind, "\(step): \(server) refused \(command): \(reply)\(advice)")
        }
    }

    /// The first word of an error line (Redis source, `server.c` and `acl.c`: shared error objects).
    private static func kind(ofReplyCode code: String?) -> Kind {
        switch code {
        case "NOPERM", "NOAUTH", "WRONGPASS", "DENIED": .refused
        case "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "READONLY", "MISCONF", "NOREPLICAS": .notNow
        case "OOM": .outOfMemory
        default: .failed
        }
    }

    /// Redis networking.c, acceptCommonHandler.
    private static func saysFull(_ reply: String) -> Bool { reply.contains("max number of clients") }

    /// What all errors of the code ERR have in common says nothing; these name a setting.
    private static func settingAdvice(_ reply: String) -> String? {
        if saysFull(reply) { return "; raise maxclients there, or end clients that it does not need" }
        let isTooLong = ["exceeds maximum allowed size", "invalid bulk length"].contains(where: reply.contains)
        return isTooLong ? "; raise proto-max-bulk-len there" : nil
    }

    private static func advice(_ code: String?) -> String {
        switch code {
        case "NOPERM": "; grant the user that command"
        case "NOAUTH": "; give a user and a password"
        case "WRONGPASS": "; check the user and the password"
        case "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN": "; try again later"
        case "READONLY": "; give the address of the primary"
        case "MISCONF", "NOREPLICAS": "; mend that server"
        case "OOM": "; give the server more memory (maxmemory)"
        default: ""
        }
    }
}

extension TLSFault {
    /// What is set wrongly stays so; what a server that is known does meanwhile may pass.
    var failureKind: MigrationFailure.Kind {
        guard !mayPass else { return .unreachable }
        return switch kind {
        case .settings, .server: .configuration
        case .client: .refused
        case .protocolMismatch: .unreachable
        }
    }
}

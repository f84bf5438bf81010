import MigrationCore
import RedisClient

extension MigrationFailure {
    /// - Parameter role: `source` or `target`.
    init(verifying role: String, _ error: RedisClientError) {
        let place = "verify: the \(role) \(error.server)"
        switch error {
        case .unreachable(_, let reason):
            self.init(.unreachable, "\(place) cannot be reached: \(reason); check its address and verify again")
        case .tls(_, let fault):
            self.init(fault.failureKind, "\(place): no TLS: \(fault.reason)")
        case .noPassword(_, let reason, let mayPass):
            self.init(mayPass ? .unreachable : .refused, "\(place) needs a password: \(reason)")
        case .disconnected(_, let reason):
            self.init(.unreachable, "\(place) ended the connection: \(reason); verify again")
        case .timedOut(_, let command):
            self.init(.unreachable, "\(place) did not answer \(command) in time; verify again when it does")
        case .notRESP:
            self.init(.failed, "\(place) does not speak the Redis protocol; check its address")
        case .unexpectedReply(_, let command):
            self.init(.failed, "\(place) answered \(command) in a way that is not understood; check its version")
        case .refused(_, let command, let reply):
            self.init(Self.kind(error.code), "\(place) refused \(command): \(reply); \(Self.advice(error.code))")
        }
    }

    private static func kind(_ code: String?) -> Kind {
        switch code {
        case "NOPERM", "NOAUTH", "WRONGPASS": .refused
        case "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN": .notNow
        default: .failed
        }
    }

    private static func advice(_ code: String?) -> String {
        switch code {
        case "NOPERM": "allow it to the tool's user and verify again"
        case "NOAUTH", "WRONGPASS": "check the user and the password"
        default: "verify again when the server allows it"
        }
    }
}

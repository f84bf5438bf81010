import MigrationCore

/// Why a command did not do what was asked: its exit code and its one line.
struct CommandFailure: Error, Equatable {
    let status: ExitReason
    /// What failed, at which server, and what to do next. Nil where the result on standard output says it already.
    let message: String?

    init(_ status: ExitReason, _ message: String? = nil) {
        self.status = status
        self.message = message
    }

    init(_ failure: MigrationFailure) {
        self.init(ExitReason(failure.kind), failure.message)
    }
}

extension CommandFailure {
    /// What a plan refuses; the command line is at fault unless `status` says otherwise.
    init(_ error: PlanError, status: ExitReason = .usage) {
        var status = status
        switch error {
        // A prefix's format stands in the settings, whoever names them; that two addresses are one server is mostly
        // found out by asking there, and is the same mistake however they are written.
        case .invalidPrefixFormat, .sameServer: status = .configuration
        case .invalidTenant, .invalidAddress, .outOfRange, .unsupported, .invalidTLS, .impossibleTime: break
        }
        self.init(status, error.message)
    }

    /// Control characters made visible, so that an error stays one line and harmless to a terminal.
    static func printable(_ text: String) -> String { text.printable }
}

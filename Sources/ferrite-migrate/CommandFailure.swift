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
    /// The wording for people of what a plan refuses; the command line is at fault unless `status` says otherwise.
    init(_ error: PlanError, status: ExitReason = .usage) {
        switch error {
        case .invalidTenant(let tenant, let reason):
            self.init(
                status,
                tenant.isEmpty
                    ? "the tenant's name is empty; give the name that stands in its keys"
                    : "'\(Self.printable(tenant))' cannot be a tenant's name: \(reason); give the name that stands in its keys"
            )
        case .invalidPrefixFormat(let format, let reason):
            self.init(
                status == .usage ? .configuration : status,
                "key_prefix_format '\(Self.printable(format))' cannot be used: \(reason); "
                    + "the default is '\(TenantScope.defaultFormat)'"
            )
        case .invalidAddress(let text, let reason):
            self.init(
                status,
                "'\(Self.printable(text))' is not a server's address: \(reason); "
                    + "write host:port or redis://user@host:port/db"
            )
        case .outOfRange(let option, let value, let allowed):
            self.init(status, "\(option) cannot be \(value): allowed is \(allowed)")
        case .sameServer(let server):
            self.init(status, "source and target are the same server, \(server); give another --target")
        case .unsupported(let what):
            self.init(status, "\(what) is not supported yet by this version")
        }
    }

    /// Control characters made visible, so that an error stays one line and harmless to a terminal.
    static func printable(_ text: String) -> String {
        String(
            text.unicodeScalars.reduce(into: String.UnicodeScalarView()) { result, scalar in
                if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
                    result.append(contentsOf: "\\x\(String(scalar.value, radix: 16))".unicodeScalars)
                } else {
                    result.append(scalar)
                }
            }
        )
    }
}

import RESP

/// What was asked for cannot be a migration.
package enum PlanError: Error, Equatable, Sendable {
    case invalidTenant(String, String)
    case invalidPrefixFormat(String, String)
    case invalidAddress(String, String)
    case outOfRange(option: String, value: String, allowed: String)
    case sameServer(String)
    case unsupported(String)
    /// In a whole sentence.
    case invalidTLS(String)
    /// The text or the instant, and why it cannot be.
    case impossibleTime(String, String)
}

extension PlanError {
    /// One line for people: what cannot be, why, and what can.
    package var message: String {
        switch self {
        case .invalidTenant("", _):
            "the tenant's name is empty; give the name that stands in its keys"
        case .invalidTenant(let tenant, let reason):
            "'\(tenant.printable)' cannot be a tenant's name: \(reason); give the name that stands in its keys"
        case .invalidPrefixFormat(let format, let reason):
            "key_prefix_format '\(format.printable)' cannot be used: \(reason); "
                + "the default is '\(TenantScope.defaultFormat)'"
        case .invalidAddress(let text, let reason):
            "'\(text.printable)' is not a server's address: \(reason); write host:port or redis://user@host:port/db"
        case .outOfRange(let option, let value, let allowed):
            "\(option) cannot be \(value): allowed is \(allowed)"
        case .sameServer(let server):
            "source and target are the same server, \(server); give another --target"
        case .unsupported(let what):
            "\(what) is not supported yet by this version"
        case .invalidTLS(let sentence): sentence.printable
        case .impossibleTime(let text, let reason):
            "'\(text.printable)' cannot be the time of a cutover: \(reason)"
        }
    }
}

extension String {
    /// Control characters made visible, as a shell writes them in `$'…'`, so that a message stays one line and harmless
    /// to a terminal.
    package var printable: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar.properties.generalCategory == .control {
                scalars.append(contentsOf: Self.visible(scalar).unicodeScalars)
            } else {
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// Always of two digits: `\xab` would be another character than a newline and a `b`.
    private static func visible(_ control: Unicode.Scalar) -> String {
        switch control {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: (control.value < 16 ? "\\x0" : "\\x") + String(control.value, radix: 16)
        }
    }
}

extension ByteString {
    /// As it is typed at a server: without the doubled backslashes of `description`, which are wrong in a pattern.
    package var typed: String { String(decoding: bytes, as: UTF8.self).printable }
}

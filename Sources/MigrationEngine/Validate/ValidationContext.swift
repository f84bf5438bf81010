import MigrationCore
import RESP
import RedisClient

/// What every check may ask.
struct ValidationContext: Sendable {
    let plan: MigrationPlan
    let settings: ValidationSettings
    let source: ValidatedServer
    let target: ValidatedServer

    var scope: TenantScope { plan.scope }

    /// A key that nobody has, under the tenant's prefix, for commands that are only tried.
    var absentKey: ByteString { ByteString(scope.prefix.bytes + Array("__ferrite_migrate_probe".utf8)) }

    /// A check that a migration cannot do without, and whose question could not be put.
    func failed(_ name: ValidationCheck.Name, _ error: RedisClientError) -> ValidationCheck {
        .fail(name, MigrationFailure(error, while: "checking"))
    }

    /// Any other check whose question could not be put.
    func unknown(_ name: ValidationCheck.Name, _ error: RedisClientError) -> ValidationCheck {
        .unknown(name, MigrationFailure(error, while: "checking").message)
    }
}

extension RESPValue {
    var errorLine: String? {
        if case .error(let line) = self { line } else { nil }
    }

    /// The user may not run the command, or not on that key.
    var isPermissionDenied: Bool { errorLine?.hasPrefix("NOPERM") ?? false }

    /// The server does not have the command, or hides it. (`CONFIG SET` says `Unknown option` of a setting.)
    var isUnknownCommand: Bool {
        let line = errorLine?.lowercased() ?? ""
        return line.hasPrefix("err unknown command") || line.hasPrefix("err unknown subcommand")
    }
}

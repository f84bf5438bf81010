import MigrationCore
import RESP
import RedisClient

/// Nobody shall log in at the target who may not at the source any more, or with another password: looks whether that
/// has changed since the users were copied.
struct LoginCheck {
    let users: [CopiedUser]
    let source: RedisConnection

    func run() async throws(MigrationFailure) {
        guard !users.isEmpty else { return }
        let logins = try await ACLAccess(source).logins(of: users.map(\.name))
        let changed = zip(users, logins).filter { $0.logins != $1 }.map { "\($0.0.name)" }
        guard changed.isEmpty else {
            throw MigrationFailure(
                .notNow,
                "cutover stopped: \(changed.joined(separator: ", ")) changed at \(source.server) while it ran: somebody has "
                    + "deleted the user, or changed its password or whether it may log in; try again, and that is copied"
            )
        }
    }
}

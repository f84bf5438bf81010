import MigrationCore

/// Nobody shall log in at the target who may not at the source any more, or with another password: whether that has
/// changed since the users were copied.
struct LoginCheck {
    let users: [CopiedUser]
    /// The source, for the failure.
    let server: String

    /// - Parameter found: Those of the users that are at the source now.
    func check(_ found: [ACLUser]) throws(MigrationFailure) {
        let changed = users.filter { copy in copy.logins != found.first { $0.name == copy.name }?.logins }
            .map { "\($0.name)" }
        guard changed.isEmpty else {
            throw MigrationFailure(
                .notNow,
                "cutover stopped: \(changed.joined(separator: ", ")) changed at \(server) while it ran: somebody has deleted "
                    + "the user, or changed its password or whether it may log in; try again, and that is copied"
            )
        }
    }
}

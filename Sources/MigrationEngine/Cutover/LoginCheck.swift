import MigrationCore

/// Nobody shall log in at the target who may not at the source any more, or with another password: whether that has
/// changed since the users were copied.
struct LoginCheck {
    let users: [CopiedUser]
    /// The source, for the failure.
    let server: String

    /// - Parameter found: Those of the users that are at the source now.
    func check(_ found: [ACLUser]) throws(MigrationFailure) {
        guard let changed = changed(found) else { return }
        throw MigrationFailure(.notNow, "cutover stopped: \(changed); try again, and that is copied")
    }

    /// For people, which users are others now than they were copied; nil where none is.
    func changed(_ found: [ACLUser]) -> String? {
        let names = users.filter { copy in copy.logins != found.first { $0.name == copy.name }?.logins }
            .map { "\($0.name)" }
        guard !names.isEmpty else { return nil }
        let users = names.joined(separator: ", ")
        return "\(users) changed at \(server) while the cutover ran: somebody has deleted the user, or"
            + " changed its password or whether it may log in"
    }
}

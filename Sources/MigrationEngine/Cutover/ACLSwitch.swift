import MigrationCore
import RESP
import RedisClient

/// Makes the tenant's users at the target writable, all at once.
package struct ACLSwitch: TrafficSwitch {
    private let target: ACLAccess
    private let users: [CopiedUser]

    /// - Parameter users: As the source had them before its fence was raised; only those that are the tool's to change
    ///   (`UserCopier.Outcome.owned`).
    package init(target: RedisConnection, users: [CopiedUser]) {
        self.target = ACLAccess(target)
        self.users = users
    }

    package func switchTraffic() async throws(MigrationFailure) {
        try await target.setUsers(users.map { ($0.name, $0.writable) }, while: "making the tenant's users writable")
    }

    package func revert() async throws(MigrationFailure) {
        try await target.setUsers(users.map { ($0.name, $0.readOnly) }, while: "taking write access back")
    }
}

import MigrationCore
import RESP
import RedisClient

/// With `--no-copy-acl` the tenant's users at the target are the operator's. Where one is missing there, a fence at the
/// source would leave its clients nowhere to write.
struct OperatorsUsers: Sendable {
    private let scope: TenantScope
    private let source: ACLAccess
    private let target: ACLAccess

    init(scope: TenantScope, source: RedisConnection, target: RedisConnection, toolUser: ByteString? = nil) {
        self.scope = scope
        self.source = ACLAccess(source, toolUser: toolUser)
        self.target = ACLAccess(target)
    }

    /// The tenant's users that write its keys at the source and could not at the target.
    func lockedOut() async throws(MigrationFailure) -> [ByteString] {
        let own = try await source.ownName()
        let tenant = TenantUsers.select(from: try await source.users(), scope: scope, except: own)
        let writers = tenant.users.map { $0.unfenced(for: scope) }.filter { $0.mayLogIn && $0.mayWriteKeys(of: scope) }
        guard !writers.isEmpty else { return [] }
        let able = try await target.users().filter { $0.mayLogIn && $0.mayWriteKeys(of: scope) }.map(\.name)
        return writers.map(\.name).filter { !able.contains($0) }
    }

    /// Refuses a cutover that would lock them out. A target that does not show its users is taken at the operator's
    /// word; validate says so.
    func check() async throws(MigrationFailure) {
        let names: [ByteString]
        do throws(MigrationFailure) {
            names = try await lockedOut()
        } catch {
            if error.kind == .refused { return }
            throw error
        }
        guard names.isEmpty else {
            throw MigrationFailure(
                .refused,
                "after the switch \(names.map(\.description).joined(separator: ", ")) could write the tenant's keys "
                    + "nowhere: \(target.connection.server) has no such user that may, and --no-copy-acl leaves that to "
                    + "you; make it there, or use --fence pause or --fence none"
            )
        }
    }
}

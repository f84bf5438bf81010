import MigrationCore
import RESP
import RedisClient

/// Who may have written the tenant's keys although the fence was up.
package struct LeakSuspects: Sendable {
    package static let most = 10

    private let scope: TenantScope
    private let access: ACLAccess

    package init(scope: TenantScope, source: RedisConnection) {
        self.scope = scope
        access = ACLAccess(source)
    }

    /// Open connections whose user may write the tenant's keys as the rules stand now, those that wrote last first.
    /// The tool's own connections only read, and are left out.
    package func list() async throws(MigrationFailure) -> [ClientInfo] {
        let own = try await access.ownName().text
        let writers = try await access.users().filter { $0.mayWriteKeys(of: scope) }
        let names = Set(writers.map(\.name.text))
        let clients = try await access.clients().filter { client in
            guard names.contains(client.user), !client.isReplica else { return false }
            return !(client.user == own && client.onlyReads)
        }
        let ordered = clients.filter { !$0.onlyReads } + clients.filter(\.onlyReads)
        return Array(ordered.prefix(Self.most))
    }
}

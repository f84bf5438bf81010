import MigrationCore
import NIOCore
import RedisClient

extension RedisEndpoint {
    /// Other migrations of the plan's tenant that have connections here; nil where they may not be listed.
    func others(
        than plan: MigrationPlan,
        on group: any EventLoopGroup,
        while step: String
    ) async throws(MigrationFailure) -> [String]? {
        let own = TenantConnectionName(plan)
        do throws(MigrationFailure) {
            let clients = try await withConnection(on: group, while: step) {
                (connection) async throws(MigrationFailure) in try await ACLAccess(connection).clients()
            }
            let names = clients.compactMap { TenantConnectionName($0.name) }
            return names.filter { $0.isOthers(than: own) }.map(\.migrationID)
        } catch {
            guard !error.mayPass else { throw error }
            return nil
        }
    }
}

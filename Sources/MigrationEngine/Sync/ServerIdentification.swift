import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Asks both servers who they are before anything is moved between them, and ends what an earlier worker of the same
/// migration, or the removal of an earlier copy, has left open at the target.
struct ServerIdentification {
    struct Servers {
        let identities: ServerIdentities
        /// The first number of the source's version.
        let sourceVersion: Int
    }

    private static let step = "connecting"

    let endpoints: MigrationEndpoints
    let plan: MigrationPlan
    let group: any EventLoopGroup

    func run() async throws(MigrationFailure) -> Servers {
        let source = try await endpoints.source.withConnection(on: group, while: Self.step) { source in
            (try await source.info("default"), try await source.clientLimits())
        }
        let target = try await endpoints.target.withConnection(on: group, while: Self.step) { target in
            let info = try await target.info("default")
            // What a broken lane had sent may lie unread at a target that hung, and would be executed behind what is
            // sent now: an older state over a newer one.
            try await target.endConnections(before: TenantConnectionName(plan))
            return (info, try await target.clientLimits())
        }
        endpoints.note(source: source.1, target: target.1)
        return try servers(source.0, target.0)
    }

    private func servers(_ source: ServerInfo, _ target: ServerInfo) throws(MigrationFailure) -> Servers {
        for (info, endpoint) in [(source, endpoints.source), (target, endpoints.target)] {
            guard info["loading"] != "1" else {
                throw MigrationFailure(.notNow, "\(Self.step): \(endpoint) is still loading its data")
            }
            guard info["role"] == nil || info["role"] == "master" else {
                throw MigrationFailure(
                    .notNow,
                    "\(Self.step): \(endpoint) is a replica now; waiting for a primary there"
                )
            }
        }
        return Servers(
            identities: ServerIdentities(source: source["run_id"] ?? "", target: target["run_id"] ?? ""),
            sourceVersion: source["redis_version"].flatMap { Int($0.prefix { $0 != "." }) } ?? 7
        )
    }
}

import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Asks both servers who they are before anything is moved between them, and ends what an earlier worker of the same
/// migration has left open at the target.
struct ServerIdentification {
    struct Servers {
        let identities: ServerIdentities
        /// The first number of the source's version.
        let sourceVersion: Int
    }

    let endpoints: MigrationEndpoints
    let plan: MigrationPlan
    let group: any EventLoopGroup

    func run() async throws(MigrationFailure) -> Servers {
        do {
            let source = try await RedisConnection.connect(to: endpoints.source, on: group)
            let sourceInfo = await result { () throws(RedisClientError) in try await source.info("default") }
            await source.close()
            let target = try await RedisConnection.connect(to: endpoints.target, on: group)
            let targetInfo = await result { () throws(RedisClientError) in
                let info = try await target.info("default")
                // What a broken lane had sent may lie unread at a target that hung, and would be executed behind what
                // is sent now: an older state over a newer one.
                let name = TenantConnectionName(migrationID: plan.id, scope: plan.scope)
                try await target.endConnections(named: name.text)
                return info
            }
            await target.close()
            return try servers(try sourceInfo.get(), try targetInfo.get())
        } catch let failure as MigrationFailure {
            throw failure
        } catch let error as RedisClientError {
            throw MigrationFailure(error, while: "connecting")
        } catch {
            throw MigrationFailure(.failed, "connecting: \(error)")
        }
    }

    private func servers(_ source: ServerInfo, _ target: ServerInfo) throws(MigrationFailure) -> Servers {
        for (info, endpoint) in [(source, endpoints.source), (target, endpoints.target)] {
            guard info["loading"] != "1" else {
                throw MigrationFailure(.notNow, "connecting: \(endpoint) is still loading its data")
            }
            guard info["role"] == nil || info["role"] == "master" else {
                throw MigrationFailure(.notNow, "connecting: \(endpoint) is a replica now; waiting for a primary there")
            }
        }
        return Servers(
            identities: ServerIdentities(source: source["run_id"] ?? "", target: target["run_id"] ?? ""),
            sourceVersion: source["redis_version"].flatMap { Int($0.prefix { $0 != "." }) } ?? 7
        )
    }

    private func result<Value>(
        _ body: () async throws(RedisClientError) -> Value
    ) async -> Result<Value, RedisClientError> {
        do throws(RedisClientError) { return .success(try await body()) } catch { return .failure(error) }
    }
}

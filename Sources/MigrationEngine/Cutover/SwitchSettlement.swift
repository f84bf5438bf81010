import MigrationCore
import NIOCore
import RESP
import RedisClient

/// What is left to do at both servers once traffic is switched: a fence that lasts, and users that outlive a restart.
/// Nothing of it leads back, so what cannot be done is told and not thrown. Doing it again changes nothing.
struct SwitchSettlement: Sendable {
    private static let patience = TimeAmount.seconds(5)

    let scope: TenantScope
    let endpoints: MigrationEndpoints
    /// Whether the switch has changed users at the target.
    let changedUsers: Bool
    let group: any EventLoopGroup

    /// Returns what an operator must know, a sentence each.
    func run(_ record: FenceRecord) async -> [String] {
        async let source = settleSource(record)
        async let target = settleTarget()
        return await source + target
    }

    private func settleSource(_ record: FenceRecord) async -> [String] {
        guard record.kind != .none else { return [] }
        return await on(endpoints.source, whileElse: stillOpen) { connection in
            var words: [String] = []
            if record.kind == .pause { words += await fenceForGood(record, connection) }
            if !record.users.isEmpty, let reason = await UserStore(connection).save() {
                words.append("the fence at source \(endpoints.source) is gone when that server restarts: \(reason)")
            }
            return words
        }
    }

    private func settleTarget() async -> [String] {
        guard changedUsers else { return [] }
        let loss = "the tenant's users at target \(endpoints.target) are gone when that server restarts"
        return await on(endpoints.target, whileElse: loss) { connection in
            await UserStore(connection).save().map { ["\(loss): \($0)"] } ?? []
        }
    }

    /// The pause stops every tenant of the source and has to end; what waits in it is looked at for permission again
    /// when it goes on (Redis server.c, processCommand), so the users are fenced before.
    private func fenceForGood(_ record: FenceRecord, _ connection: RedisConnection) async -> [String] {
        let fence = ACLFence(scope: scope, shards: [connection])
        var reason = await failure { () async throws(MigrationFailure) in try await fence.restrict(record) }
        // A server that does not answer this ends the pause by itself.
        _ = try? await connection.call("CLIENT", "UNPAUSE")
        if reason == nil {
            reason = await failure { () async throws(MigrationFailure) in try await fence.unblock(record) }
        }
        if reason == nil { reason = await openWays(ACLAccess(connection)) }
        return reason.map { ["\(stillOpen): \($0)"] } ?? []
    }

    private func failure(_ step: () async throws(MigrationFailure) -> Void) async -> String? {
        do throws(MigrationFailure) {
            try await step()
            return nil
        } catch {
            return error.message
        }
    }

    /// Why the tenant may still be written at the source; nil where its users are fenced.
    private func openWays(_ access: ACLAccess) async -> String? {
        do throws(MigrationFailure) {
            let own = try await access.ownName()
            let tenant = TenantUsers.select(from: try await access.users(), scope: scope, except: own)
            if tenant.users.isEmpty { return "the tenant has no ACL user of its own that could be fenced" }
            let open = tenant.users.filter { $0.mayWriteKeys(of: scope) }.map(\.name.description)
            return open.isEmpty ? nil : "\(open.joined(separator: ", ")) cannot be fenced by its rules"
        } catch {
            return error.message
        }
    }

    private var stillOpen: String {
        "source \(endpoints.source) still takes the tenant's writes, and they are lost: see that no client is left there"
    }

    private func on(
        _ endpoint: RedisEndpoint,
        whileElse consequence: String,
        _ step: (RedisConnection) async -> [String]
    ) async -> [String] {
        do {
            let connection = try await RedisConnection.connect(to: endpoint, on: group, timeout: Self.patience)
            let words = await step(connection)
            await connection.close()
            return words
        } catch {
            return ["\(consequence): \(MigrationFailure(error, while: "ending the cutover").message)"]
        }
    }
}

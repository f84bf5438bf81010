import MigrationCore
import NIOCore
import RESP
import RedisClient

/// What is left to do at both servers once traffic is switched: a fence that lasts, and users that outlive a restart.
/// A server that was restarted meanwhile has lost what was not saved, so both are said again before they are saved.
/// Nothing of it leads back, so what cannot be done is told and not thrown. Doing it again changes nothing.
struct SwitchSettlement: Sendable {
    private static let patience = TimeAmount.seconds(5)
    /// How long a server that does not answer is asked again.
    private static let insistence = Duration.seconds(30)

    let plan: MigrationPlan
    let endpoints: MigrationEndpoints
    /// The users that the switch has made writable at the target.
    let users: @Sendable () async throws(MigrationFailure) -> [CopiedUser]
    let group: any EventLoopGroup

    /// Returns what an operator must know, a sentence each.
    func run(_ record: FenceRecord) async -> [String] {
        async let source = settleSource(record)
        async let target = settleTarget(record)
        let left = await (source, target)
        return left.0.words + left.1.words + (left.0.lost + left.1.lost).sentences
    }

    /// What one side has left to the operator.
    private struct Left {
        var words: [String] = []
        var lost: [UnsavedUsers] = []
    }

    private func settleSource(_ record: FenceRecord) async -> Left {
        guard record.kind != .none else { return Left() }
        let server = endpoints.source.description
        return await on(endpoints.source) { (connection) async throws(MigrationFailure) in
            var left = Left(words: try await fenceForGood(record, connection))
            guard !record.users.isEmpty, let reason = try await UserStore(connection).save() else { return left }
            left.lost = [.fence(at: server, reason)]
            return left
        } orElse: { failure in
            record.kind == .pause
                ? Left(words: ["\(stillOpen): \(failure.message)"])
                : Left(lost: [.fence(at: server, .other(failure.message))])
        }
    }

    private func settleTarget(_ record: FenceRecord) async -> Left {
        guard !record.switches.isEmpty else { return Left() }
        let server = endpoints.target.description
        return await on(endpoints.target) { (connection) async throws(MigrationFailure) in
            try await ACLSwitch(target: connection, users: try await users()).switchTraffic()
            return Left(lost: try await UserStore(connection).save().map { [.copies(at: server, $0)] } ?? [])
        } orElse: { failure in
            Left(lost: [.copies(at: server, .other(failure.message))])
        }
    }

    /// A pause stops every tenant of the source and has to end; what waits in it is looked at for permission again
    /// when it goes on (Redis server.c, processCommand), so the users are fenced before.
    private func fenceForGood(
        _ record: FenceRecord,
        _ connection: RedisConnection
    ) async throws(MigrationFailure) -> [String] {
        let access = ACLAccess(connection)
        let fence = ACLFence(scope: plan.scope, migration: plan.id, shards: [connection])
        // A user that went with a restart must not be made anew.
        let existing = try await access.users().map(\.name)
        var present = record
        present.users.removeAll { !existing.contains($0.name) }
        let known = present
        var reason = try await refusal { () async throws(MigrationFailure) in try await fence.restrict(known) }
        // A server that does not answer this ends the pause by itself.
        if record.kind == .pause { _ = try? await connection.call("CLIENT", "UNPAUSE") }
        if reason == nil {
            reason = try await refusal { () async throws(MigrationFailure) in try await fence.unblock(known) }
        }
        if reason == nil, record.kind == .pause { reason = try await openWays(access) }
        return reason.map { ["\(stillOpen): \($0)"] } ?? []
    }

    /// Why the step was refused; what may pass is thrown.
    private func refusal(_ step: () async throws(MigrationFailure) -> Void) async throws(MigrationFailure) -> String? {
        do throws(MigrationFailure) {
            try await step()
            return nil
        } catch {
            guard !error.mayPass else { throw error }
            return error.message
        }
    }

    /// Why the tenant may still be written at the source; nil where its users are fenced.
    private func openWays(_ access: ACLAccess) async throws(MigrationFailure) -> String? {
        let own = try await access.ownName()
        let tenant = TenantUsers.select(from: try await access.users(), scope: plan.scope, except: own)
        if tenant.users.isEmpty { return "the tenant has no ACL user of its own that could be fenced" }
        let open = tenant.users.filter { $0.mayWriteKeys(of: plan.scope) }.map(\.name.description)
        return open.isEmpty ? nil : "\(open.joined(separator: ", ")) cannot be fenced by its rules"
    }

    private var stillOpen: String {
        "source \(endpoints.source) still takes the tenant's writes, and they are lost: see that no client is left there"
    }

    /// Takes the step on new connections until the server answers.
    private func on(
        _ endpoint: RedisEndpoint,
        _ step: (RedisConnection) async throws(MigrationFailure) -> Left,
        orElse consequence: (MigrationFailure) -> Left
    ) async -> Left {
        let end = ContinuousClock.now + Self.insistence
        var backoff = Backoff()
        while true {
            do throws(MigrationFailure) {
                return try await endpoint.withConnection(
                    on: group,
                    while: "ending the cutover",
                    timeout: Self.patience,
                    step
                )
            } catch {
                guard error.mayPass, ContinuousClock.now < end else { return consequence(error) }
            }
            try? await Task.sleep(for: backoff.next())
        }
    }
}

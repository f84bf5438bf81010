import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Removes from the target what a migration put there, page by page. Doing it again goes on where it ended.
struct TenantEraser: Sendable {
    /// A page's keys are removed in one command; what comes between gives other clients their turn.
    private static let rest = Duration.milliseconds(1)

    let endpoints: MigrationEndpoints
    let plan: MigrationPlan
    let group: any EventLoopGroup

    /// - Parameters:
    ///   - users: Names, as the journal has them, of users that the migration made.
    ///   - moved: Says which keys are the migration's; nil where all are.
    func erase(users: [String], moved: MovedKeys?) async throws(MigrationFailure) -> CancelReport {
        try FailPoint.reach(.eraseTarget)
        var report = CancelReport()
        do {
            let target = try await RedisConnection.connect(to: endpoints.target, on: group)
            let scanner = KeyScanner(connection: target, scope: plan.scope)
            for database in try await target.info("keyspace").databases.map(\.number)
            where plan.databases?.contains(database) ?? true {
                try await scanner.scan(database: database) { page in
                    let keys = page.keys
                    let mine = try await moved?.includes(keys, database: database) ?? keys.map { _ in true }
                    report.note(left: zip(keys, mine).filter { !$1 }.map(\.0))
                    let removed = zip(keys, mine).filter(\.1).map(\.0)
                    guard !removed.isEmpty else { return }
                    report.keysRemoved += try await target.call(RedisCommand(["UNLINK"] + removed)).integer ?? 0
                    try? await Task.sleep(for: Self.rest)
                }
            }
            try FailPoint.reach(.eraseUsers)
            report.usersRemoved = try await removeUsers(users, at: target)
            await target.close()
            return report
        } catch let failure as MigrationFailure {
            throw failure
        } catch let error as RedisClientError {
            throw MigrationFailure(error, while: "removing what was copied")
        } catch {
            throw MigrationFailure(.failed, "removing what was copied was stopped")
        }
    }

    private func removeUsers(_ names: [String], at target: RedisConnection) async throws -> [String] {
        let names = names.compactMap { name in ByteString(escaped: name).map { (name, $0) } }
        guard !names.isEmpty else { return [] }
        let replies = try await target.pipeline(names.map { RedisCommand("ACL", "DELUSER", $0.1) })
        if let refusal = replies.compactMap(\.errorLine).first {
            throw RedisClientError.refused(server: target.server, command: "ACL DELUSER", reply: refusal)
        }
        return zip(names, replies).filter { $1.integer == 1 }.map(\.0.0)
    }
}

extension CancelReport {
    fileprivate mutating func note(left keys: [ByteString]) {
        keysLeft += keys.count
        leftExamples += keys.prefix(Self.mostExamples - leftExamples.count)
    }
}

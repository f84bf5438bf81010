import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// Removes from the target what a migration put there, page by page. Doing it again goes on where it ended.
struct TenantEraser: Sendable {
    /// A page's keys are removed in one command; what comes between gives other clients their turn.
    private static let rest = Duration.milliseconds(1)

    let endpoints: MigrationEndpoints
    let plan: MigrationPlan
    let group: any EventLoopGroup

    /// - Parameters:
    ///   - users: Names, as the journal has them, of users that the migration made.
    ///   - isMoved: For each key of a page whether it is known to be the migration's; nil where all are. Of those that
    ///     are not known the source is asked: a key that it has was copied.
    func erase(
        users: [String],
        isMoved: @escaping @Sendable ([KeyName]) -> [Bool]?
    ) async throws(MigrationFailure) -> CancelReport {
        try FailPoint.reach(.eraseTarget)
        var report = CancelReport()
        do {
            let target = try await RedisConnection.connect(to: endpoints.target, on: group)
            let scanner = KeyScanner(connection: target, scope: plan.scope)
            let source = SourceNames(endpoint: endpoints.source, group: group)
            for database in try await target.info("keyspace").databases.map(\.number)
            where plan.databases?.contains(database) ?? true {
                try await scanner.scan(database: database) { page in
                    let keys = page.keys
                    let mine = try await self.mine(keys, database, isMoved, source)
                    report.note(left: zip(keys, mine).filter { !$1 }.map(\.0))
                    let removed = zip(keys, mine).filter(\.1).map(\.0)
                    guard !removed.isEmpty else { return }
                    report.keysRemoved += try await target.call(RedisCommand(["UNLINK"] + removed)).integer ?? 0
                    try? await Task.sleep(for: Self.rest)
                }
            }
            await source.close()
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

    private func mine(
        _ keys: [ByteString],
        _ database: Int,
        _ isMoved: ([KeyName]) -> [Bool]?,
        _ source: SourceNames
    ) async throws -> [Bool] {
        guard var mine = isMoved(keys.map { KeyName(database: database, key: $0) }) else {
            return keys.map { _ in true }
        }
        let unknown = mine.indices.filter { !mine[$0] }
        let answers = try await source.have(unknown.map { keys[$0] }, database: database)
        for (index, answer) in zip(unknown, answers) { mine[index] = answer }
        return mine
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

/// Asks the source which keys it has, and connects only where something is asked.
private final class SourceNames: Sendable {
    private let endpoint: RedisEndpoint
    private let group: any EventLoopGroup
    private let connection = Mutex<RedisConnection?>(nil)

    init(endpoint: RedisEndpoint, group: any EventLoopGroup) {
        self.endpoint = endpoint
        self.group = group
    }

    func have(_ keys: [ByteString], database: Int) async throws(RedisClientError) -> [Bool] {
        guard !keys.isEmpty else { return [] }
        let commands = [RedisCommand("SELECT", ByteString(database))] + keys.map { RedisCommand("TYPE", $0) }
        return try await open().pipeline(commands).dropFirst().map { $0.text != "none" }
    }

    func close() async { await connection.withLock { $0 }?.close() }

    private func open() async throws(RedisClientError) -> RedisConnection {
        if let connection = connection.withLock({ $0 }) { return connection }
        let new = try await RedisConnection.connect(to: endpoint, on: group)
        connection.withLock { $0 = new }
        return new
    }
}

extension CancelReport {
    fileprivate mutating func note(left keys: [ByteString]) {
        keysLeft += keys.count
        leftExamples += keys.prefix(Self.mostExamples - leftExamples.count)
    }
}

import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Removes a tenant's keys from a server, page by page, and users with them. Doing it again goes on where it ended.
struct TenantEraser: Sendable {
    /// Keys removed in a second, so that a server goes on serving others.
    static let defaultRate = 100_000

    struct Erased: Equatable, Sendable {
        var removed = 0
        var left = 0
        var leftExamples: [ByteString] = []
    }

    let endpoint: RedisEndpoint
    let plan: MigrationPlan
    let group: any EventLoopGroup
    /// What is being done, for messages.
    let step: String
    var keysPerSecond = Self.defaultRate

    /// - Parameter moved: Says which keys shall go; nil where all shall.
    func erase(moved: MovedKeys? = nil) async throws(MigrationFailure) -> Erased {
        try await withConnection { connection in
            let scanner = KeyScanner(connection: connection, scope: plan.scope)
            let start = ContinuousClock.now
            var erased = Erased()
            for database in try await connection.info("keyspace").databases.map(\.number)
            where plan.databases?.contains(database) ?? true {
                try await scanner.scan(database: database) { page in
                    let keys = page.keys
                    let goes = try await moved?.includes(keys, database: database) ?? keys.map { _ in true }
                    erased.note(left: zip(keys, goes).filter { !$1 }.map(\.0))
                    let going = zip(keys, goes).filter(\.1).map(\.0)
                    guard !going.isEmpty else { return }
                    erased.removed += try await connection.call(RedisCommand(["UNLINK"] + going)).integer ?? 0
                    let due = start + .seconds(Double(erased.removed) / Double(keysPerSecond))
                    try await Task.sleep(until: due, clock: .continuous)
                }
            }
            return erased
        }
    }

    /// - Parameter names: As the journal has them; those that are not there any more are passed over.
    func removeUsers(_ names: [String]) async throws(MigrationFailure) -> [String] {
        let names = names.compactMap { name in ByteString(escaped: name).map { (name, $0) } }
        guard !names.isEmpty else { return [] }
        return try await withConnection { connection in
            let replies = try await connection.pipeline(names.map { RedisCommand("ACL", "DELUSER", $0.1) })
            if let refusal = replies.compactMap(\.errorLine).first {
                throw RedisClientError.refused(server: connection.server, command: "ACL DELUSER", reply: refusal)
            }
            return zip(names, replies).filter { $1.integer == 1 }.map(\.0.0)
        }
    }

    private func withConnection<Value: Sendable>(
        _ body: (RedisConnection) async throws -> Value
    ) async throws(MigrationFailure) -> Value {
        do {
            let connection = try await RedisConnection.connect(to: endpoint, on: group)
            let value: Value
            do {
                value = try await body(connection)
            } catch {
                await connection.close()
                throw error
            }
            await connection.close()
            return value
        } catch let failure as MigrationFailure {
            throw failure
        } catch let error as RedisClientError {
            throw MigrationFailure(error, while: step)
        } catch {
            throw MigrationFailure(.failed, "\(step) was stopped")
        }
    }
}

extension TenantEraser.Erased {
    fileprivate mutating func note(left keys: [ByteString]) {
        left += keys.count
        leftExamples += keys.prefix(CancelReport.mostExamples - leftExamples.count)
    }
}

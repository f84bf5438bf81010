import MigrationCore
import RESP
import RedisClient

/// What the target holds.
struct TargetChecks {
    private static let count: ByteString = "5000"

    let context: ValidationContext

    /// A key of the tenant that is there already is not the source's: nothing is mixed without being asked to.
    func keys() async -> ValidationCheck {
        do {
            for database in context.target.databases(of: context.plan) {
                let keys = try await tenantKeys(in: database.number)
                if keys > 0 { return found(keys, database.number) }
            }
            return .ok(.keysAtTarget, "none")
        } catch {
            return context.failed(.keysAtTarget, error)
        }
    }

    private func found(_ keys: Int, _ database: Int) -> ValidationCheck {
        let words = "\(context.target.name) already holds keys of the tenant (db \(database))"
        if context.plan.replace { return .ok(.keysAtTarget, "\(words), to be replaced") }
        return .fail(
            .keysAtTarget,
            MigrationFailure(
                .failed,
                "\(words); with --replace they are overwritten, and removed where the source has none of that name"
            )
        )
    }

    /// The tenant's keys on the first page that has any.
    private func tenantKeys(in database: Int) async throws(RedisClientError) -> Int {
        let connection = context.target.connection
        try await connection.call("SELECT", ByteString(database))
        var cursor: ByteString = "0"
        var found = 0
        repeat {
            let reply = try await connection.call("SCAN", cursor, "MATCH", context.scope.pattern, "COUNT", Self.count)
            guard let parts = reply.elements, parts.count == 2, let next = parts[0].bytes else {
                throw .unexpectedReply(server: connection.server, command: "SCAN")
            }
            cursor = next
            found = (parts[1].elements ?? []).compactMap(\.bytes).filter(context.scope.contains).count
        } while cursor != "0" && found == 0
        try await connection.call("SELECT", "0")
        return found
    }
}

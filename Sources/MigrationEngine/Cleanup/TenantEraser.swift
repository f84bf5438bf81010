import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Removes a tenant's keys from a server, page by page, and users with them. Doing it again goes on where it ended.
///
/// What workers and erasers of the same migration have sent there before can come no more: an older state of a key must
/// not come back, and no key of a later copy may go.
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
    /// Asked when the connection stands and nothing is removed yet: whoever switches the tenant ends the connections that
    /// he finds.
    let check: @Sendable () async throws(MigrationFailure) -> Void
    var keysPerSecond = Self.defaultRate

    init(
        endpoint: RedisEndpoint,
        plan: MigrationPlan,
        group: any EventLoopGroup,
        step: String,
        check: @escaping @Sendable () async throws(MigrationFailure) -> Void
    ) {
        self.endpoint = endpoint
        self.plan = plan
        self.group = group
        self.step = step
        self.check = check
    }

    /// A twentieth of a second's, so that the rate holds from the first moment on.
    private var batchSize: Int { max(1, keysPerSecond / 20) }

    private var name: TenantConnectionName { TenantConnectionName(plan, role: .erasure) }

    /// - Parameters:
    ///   - moved: Says which keys shall go; nil where all shall.
    ///   - note: Is told how many have gone so far, again and again.
    func erase(
        moved: MovedKeys? = nil,
        note: (Int) throws(MigrationFailure) -> Void = { _ in }
    ) async throws(MigrationFailure) -> Erased {
        try await endpoint.withConnection(named: name, on: group, while: step) { connection in
            try await check()
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
                    for begin in stride(from: 0, to: going.count, by: batchSize) {
                        let batch = going[begin..<min(begin + batchSize, going.count)]
                        erased.removed += try await connection.call(RedisCommand(["UNLINK"] + batch)).integer ?? 0
                        try note(erased.removed)
                        let due = start + .seconds(Double(erased.removed) / Double(keysPerSecond))
                        try await Task.sleep(until: due, clock: .continuous)
                    }
                }
            }
            return erased
        }
    }

    /// Those that another migration has taken over since are left to it.
    ///
    /// - Parameters:
    ///   - names: As the journal has them.
    ///   - copies: Also what the journal may not know: the copies with this migration's mark.
    func removeUsers(_ names: [String], andCopies copies: Bool = false) async throws(MigrationFailure) -> [String] {
        guard !names.isEmpty || copies && plan.userCopy != .none else { return [] }
        return try await endpoint.withConnection(named: name, on: group, while: step) { connection in
            try await check()
            let access = ACLAccess(connection)
            let marked = try await access.users().filter { $0.mark != nil }
            let others = marked.filter { $0.mark?.migration != plan.id }.map(\.name.description)
            let mine = copies ? marked.filter { $0.copied(in: plan.scope) == plan.id }.map(\.name.description) : []
            let known = names.filter { !others.contains($0) }
            return try await access.removeUsers(known + mine.filter { !known.contains($0) }, while: step)
        }
    }
}

extension TenantEraser.Erased {
    fileprivate mutating func note(left keys: [ByteString]) {
        left += keys.count
        leftExamples += keys.prefix(CancelReport.mostExamples - leftExamples.count)
    }
}

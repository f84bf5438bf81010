import MigrationCore
import RESP
import RedisClient

/// Makes the tenant's ACL users read-only within its prefix. Takes effect at once and on open connections; a MULTI
/// that was queued before is refused at its EXEC, a script at its first write, and nobody else feels anything. Reads go
/// on, but for those that write on the side: PFCOUNT, XREADGROUP, GETEX.
package struct ACLFence: WriteFence {
    /// Nobody listens to it.
    static let channel: ByteString = "__ferrite_migrate:fence"

    package let kind = FenceKind.acl
    private let scope: TenantScope
    /// Whose fence it is: the users' mark says so.
    private let migration: String
    private let shards: [RedisConnection]
    private let toolUser: ByteString?

    package init(scope: TenantScope, migration: String, shards: [RedisConnection], toolUser: ByteString? = nil) {
        self.scope = scope
        self.migration = migration
        self.shards = shards
        self.toolUser = toolUser
    }

    package func commands(raising record: FenceRecord) -> [RedisCommand] {
        raising(record).map { ACLAccess.setUser($0.name, $0.rules) }
    }

    package func commands(holding record: FenceRecord) -> [RedisCommand] {
        record.users.isEmpty ? [] : [UserStore.command]
    }

    package func prepare() async throws(MigrationFailure) -> FenceRecord {
        FenceRecord(
            kind: .acl,
            users: try await usersOfAllShards { (access) async throws(MigrationFailure) in
                try await fencedUsers(of: access)
            }
        )
    }

    /// The users that can be fenced, whatever stands against the others.
    func fenceableUsers() async throws(MigrationFailure) -> [FenceRecord.User] {
        try await usersOfAllShards { (access) async throws(MigrationFailure) in
            let dialect = try await access.dialect()
            return try await tenantUsers(at: access).compactMap {
                try? FenceRecord.User(fencing: $0, scope: scope, dialect: dialect, migration: migration)
            }
        }
    }

    /// The rules, who waits in a blocking command then, and the proof that nobody could write, in one round trip: the
    /// tenant waits.
    package func raise(_ record: FenceRecord) async throws(MigrationFailure) {
        let proof = FenceProof(record, scope: scope)
        let changes = raising(record)
        for shard in shards {
            let access = ACLAccess(shard)
            let commands = commands(raising: record) + [ACLAccess.listClients] + proof.commands
            let replies = try await access.pipeline(commands, Self.raising)
            try access.check(replies, to: changes, while: Self.raising)
            let clients = try access.clients(in: replies[changes.count])
            try proof.check(replies[(changes.count + 1)...], server: shard.server)
            try await unblock(record, among: clients, at: access)
        }
    }

    /// The rules alone: whoever waits in a blocking command goes on waiting.
    func restrict(_ record: FenceRecord) async throws(MigrationFailure) {
        for shard in shards { try await ACLAccess(shard).setUsers(raising(record), while: Self.raising) }
    }

    private static let raising = "raising the fence"

    private func raising(_ record: FenceRecord) -> [(name: ByteString, rules: [ByteString])] {
        record.users.map { ($0.name, $0.raised) }
    }

    /// Ends the waiting of those whom `restrict` came too late for.
    func unblock(_ record: FenceRecord) async throws(MigrationFailure) {
        for shard in shards {
            let access = ACLAccess(shard)
            try await unblock(record, among: try await access.clients(), at: access)
        }
    }

    /// A server that is restarted behind the switch would come back with users that may write. Where the users are
    /// kept nowhere, that is told behind the switch (`SwitchSettlement`).
    package func hold(_ record: FenceRecord) async throws(MigrationFailure) {
        guard !record.users.isEmpty else { return }
        for shard in shards { _ = try await UserStore(shard).save() }
    }

    /// Saved, too: the fence may have been.
    package func lower(_ record: FenceRecord) async throws(MigrationFailure) {
        let step = "lowering the fence"
        for shard in shards {
            let access = ACLAccess(shard)
            // SETUSER would create a user that was deleted meanwhile; and one that another has fenced since is not ours.
            let existing = try await access.users(named: record.users.map(\.name))
            let ours = Set(existing.filter { [nil, migration].contains($0.fenced(in: scope)) }.map(\.name))
            let users = record.users.filter { ours.contains($0.name) }
            guard !users.isEmpty else { continue }
            try await access.setUsers(users.map { ($0.name, $0.lowered) }, while: step)
            _ = try await UserStore(shard).save()
        }
    }

    private func usersOfAllShards(
        _ users: (ACLAccess) async throws(MigrationFailure) -> [FenceRecord.User]
    ) async throws(MigrationFailure) -> [FenceRecord.User] {
        var found: [FenceRecord.User]?
        for shard in shards {
            let here = try await users(ACLAccess(shard, toolUser: toolUser))
            if let found, found != here { throw differentShards(shard) }
            found = here
        }
        return found ?? []
    }

    private func tenantUsers(at access: ACLAccess) async throws(MigrationFailure) -> [ACLUser] {
        let own = try await access.ownName()
        return TenantUsers.select(from: try await access.users(), scope: scope, except: own).users
    }

    private func fencedUsers(of access: ACLAccess) async throws(MigrationFailure) -> [FenceRecord.User] {
        let tenant = try await tenantUsers(at: access)
        guard !tenant.isEmpty else { throw noUser(access.connection.server) }
        let dialect = try await access.dialect()
        var fenced: [FenceRecord.User] = []
        for user in tenant {
            do {
                fenced.append(
                    try FenceRecord.User(fencing: user, scope: scope, dialect: dialect, migration: migration)
                )
            } catch {
                throw MigrationFailure(error, server: access.connection.server)
            }
        }
        return fenced
    }

    /// The ACL change alone does not stop a pop that is already waiting: the next push would serve it. Once is enough:
    /// whoever waits again was let through by the new rules, and waits for a key that is not the tenant's.
    private func unblock(
        _ record: FenceRecord,
        among clients: [ClientInfo],
        at access: ACLAccess
    ) async throws(MigrationFailure) {
        let waiting = record.clients(among: clients).filter(\.waitsToWrite)
        guard !waiting.isEmpty else { return }
        try await awaitNoPause(at: access)
        let commands = waiting.map { RedisCommand("CLIENT", "UNBLOCK", ByteString($0.id), "TIMEOUT") }
        for reply in try await access.pipeline(commands, "unblocking clients") {
            guard case .error(let line) = reply else { continue }
            let error = RedisClientError.refused(
                server: access.connection.server,
                command: "CLIENT UNBLOCK",
                reply: line
            )
            throw MigrationFailure(error, while: "unblocking clients")
        }
    }

    /// A client that somebody's CLIENT PAUSE holds looks like one that waits for a key, and Redis up to 8.0 ends itself
    /// when it is unblocked (networking.c, replyToBlockedClientOnTimeOut). A pause holds PUBLISH too; after it whoever
    /// was held has gone on, into the fence.
    private func awaitNoPause(at access: ACLAccess) async throws(MigrationFailure) {
        _ = try await access.call(RedisCommand("PUBLISH", Self.channel, ""), "unblocking clients")
    }

    private func noUser(_ server: String) -> MigrationFailure {
        MigrationFailure(
            .refused,
            "tenant \(scope.tenant) has no ACL user of its own at \(server), so its writes cannot be stopped by "
                + "permission: use --fence pause (CLIENT PAUSE: the writes of every tenant of that server wait for the "
                + "length of the pause), or stop the writers yourself and use --fence none"
        )
    }

    private func differentShards(_ shard: RedisConnection) -> MigrationFailure {
        MigrationFailure(
            .refused,
            "the tenant's users have other rules at \(shard.server) than at the source's first shard; make them equal"
        )
    }
}

extension MigrationFailure {
    package init(_ obstacle: FenceObstacle, server: String) {
        switch obstacle {
        case .widePattern(let user, let pattern):
            self.init(
                .refused,
                "user \(user) at \(server) cannot be fenced: its pattern \(pattern.typed) reaches beyond the tenant; narrow it, "
                    + "or use --fence pause or --fence none"
            )
        case .sharedUser(let user, let pattern):
            self.init(
                .refused,
                "user \(user) at \(server) cannot be fenced: it also has \(pattern.typed), and this server knows no read-only "
                    + "patterns (Redis 7.0): give the tenant a user of its own, let its clients log in as that, and take its "
                    + "keys from \(user) (ACL SETUSER \(user) resetkeys ~…); or use --fence pause, and stop or move \(user)'s "
                    + "clients at the switch, because the source takes their writes again after it"
            )
        }
    }
}

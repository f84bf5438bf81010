import MigrationCore
import RESP
import RedisClient

/// Makes the tenant's ACL users read-only within its prefix. Takes effect at once and on open connections; a MULTI
/// that was queued before is refused at its EXEC, a script at its first write, and nobody else feels anything. Reads go
/// on, but for those that write on the side: PFCOUNT, XREADGROUP, GETEX.
package struct ACLFence: WriteFence {
    package let kind = FenceKind.acl
    private let scope: TenantScope
    private let shards: [RedisConnection]

    package init(scope: TenantScope, shards: [RedisConnection]) {
        self.scope = scope
        self.shards = shards
    }

    package func prepare() async throws(MigrationFailure) -> FenceRecord {
        var record: FenceRecord?
        for shard in shards {
            let users = try await fencedUsers(of: ACLAccess(shard))
            if let record, record.users != users { throw differentShards(shard) }
            record = FenceRecord(kind: .acl, users: users)
        }
        return record ?? FenceRecord(kind: .acl, users: [])
    }

    package func raise(_ record: FenceRecord) async throws(MigrationFailure) {
        for shard in shards {
            let access = ACLAccess(shard)
            try await access.setUsers(record.users.map { ($0.name, $0.raised) }, while: "raising the fence")
            try await unblockClients(of: record, at: access)
        }
    }

    package func prove(_ record: FenceRecord) async throws(MigrationFailure) {
        for shard in shards {
            try await FenceProof(scope: scope, access: ACLAccess(shard)).run(record)
        }
    }

    package func lower(_ record: FenceRecord) async throws(MigrationFailure) {
        let step = "lowering the fence"
        for shard in shards {
            let access = ACLAccess(shard)
            // SETUSER would create a user that was deleted meanwhile.
            let reply = try await access.call(RedisCommand("ACL", "USERS"), step)
            let existing = Set((reply.elements ?? []).compactMap(\.bytes))
            let users = record.users.filter { existing.contains($0.name) }
            try await access.setUsers(users.map { ($0.name, $0.lowered) }, while: step)
        }
    }

    private func fencedUsers(of access: ACLAccess) async throws(MigrationFailure) -> [FenceRecord.User] {
        let own = try await access.ownName()
        let tenant = TenantUsers.select(from: try await access.users(), scope: scope, except: own)
        guard !tenant.users.isEmpty else { throw noUser(access.connection.server) }
        let dialect = try await access.dialect()
        var fenced: [FenceRecord.User] = []
        for user in tenant.users {
            do {
                fenced.append(try FenceRecord.User(fencing: user, scope: scope, dialect: dialect))
            } catch {
                throw MigrationFailure(error, server: access.connection.server)
            }
        }
        return fenced
    }

    /// The ACL change alone does not stop a pop that is already waiting: the next push would serve it. Once is enough:
    /// whoever waits again was let through by the new rules, and waits for a key that is not the tenant's.
    private func unblockClients(of record: FenceRecord, at access: ACLAccess) async throws(MigrationFailure) {
        let names = Set(record.users.map(\.name.text))
        let waiting = try await access.clients().filter { $0.waitsToWrite && names.contains($0.user) }
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
                "user \(user) at \(server) cannot be fenced: its pattern \(pattern) reaches beyond the tenant; narrow it, "
                    + "or use --fence pause or --fence none"
            )
        case .sharedUser(let user, let pattern):
            self.init(
                .refused,
                "user \(user) at \(server) cannot be fenced: it also has \(pattern), and this server knows no read-only "
                    + "patterns (Redis 7.0); use --fence pause or --fence none"
            )
        }
    }
}

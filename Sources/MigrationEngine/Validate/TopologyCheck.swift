import MigrationCore
import RESP
import RedisClient

/// Are these two different servers, both primaries, and of a kind that the tool can move?
struct TopologyCheck {
    let context: ValidationContext

    func run() async -> ValidationCheck {
        let failure = [source, target].lazy.compactMap(mode).first ?? role ?? identity
        if let failure { return .fail(.topology, failure) }
        do {
            if let missing = try await missingAtSource() { return .fail(.topology, missing) }
            if let missing = try await missingDatabase() { return .fail(.topology, missing) }
            if let other = try await otherMigration() { return .warning(.topology, other) }
        } catch {
            return context.failed(.topology, error)
        }
        return .ok(.topology, "source \(source.product), target \(target.product), standalone")
    }

    private var source: ValidatedServer { context.source }
    private var target: ValidatedServer { context.target }

    private func mode(_ server: ValidatedServer) -> MigrationFailure? {
        let info = server.info
        if info["loading"] == "1" {
            return MigrationFailure(.notNow, "\(server.name) is still loading its data; try again when it has")
        }
        if info["redis_mode"] == "sentinel" {
            let advice = "give the address of the primary that it watches"
            return MigrationFailure(.configuration, "\(server.name) is a Sentinel, not a data server; \(advice)")
        }
        if info["cluster_enabled"] == "1" || info["redis_mode"] == "cluster" {
            return MigrationFailure(.configuration, "\(server.name) is in cluster mode, which is not supported yet")
        }
        return nil
    }

    private var role: MigrationFailure? {
        if isReplica(source) {
            return MigrationFailure(
                .configuration,
                "\(source.name) is a replica of \(primary(of: source)): a fence must be raised at the primary; "
                    + "give the primary's address"
            )
        }
        if isReplica(target) {
            return MigrationFailure(
                .refused,
                "\(target.name) is a replica of \(primary(of: target)) and takes no writes; give the primary's address"
            )
        }
        return nil
    }

    private var identity: MigrationFailure? {
        guard let id = source.info["run_id"], !id.isEmpty, id == target.info["run_id"] else { return nil }
        return MigrationFailure(
            .configuration,
            "source \(source.endpoint) and target \(target.endpoint) are the same server; give another target"
        )
    }

    private func isReplica(_ server: ValidatedServer) -> Bool {
        server.info["role"] == "slave" || server.info["role"] == "replica"
    }

    private func primary(of server: ValidatedServer) -> String {
        "\(server.info["master_host"] ?? "?"):\(server.info["master_port"] ?? "?")"
    }

    /// A database that was asked for and that the source does not have would read as one without keys.
    private func missingAtSource() async throws(RedisClientError) -> MigrationFailure? {
        let numbers = context.plan.databases ?? []
        guard let number = try await outOfRange(numbers, at: source) else { return nil }
        return MigrationFailure(
            .configuration,
            "\(source.name) has no database \(number); give --db a number below its 'databases' setting"
        )
    }

    /// Two tools that move one tenant would write over each other at the target. The journal knows only its own.
    private func otherMigration() async throws(RedisClientError) -> String? {
        let own = TenantConnectionName(migrationID: context.plan.id, scope: context.scope)
        for server in [source, target] {
            let reply = try await server.connection.pipeline([RedisCommand("CLIENT", "LIST")])[0]
            for client in ClientInfo.list(reply.text ?? "") {
                guard let name = TenantConnectionName(client.name), name.tenantMark == own.tenantMark,
                    name.role == own.role, name.migrationID != own.migrationID
                else { continue }
                return
                    "\(server.name) has a connection of \(name.migrationID) from \(client.address): the tenant is being "
                    + "migrated already, perhaps in another journal folder; end that one first"
            }
        }
        return nil
    }

    /// Keys keep the number of their database, so the target must have it.
    private func missingDatabase() async throws(RedisClientError) -> MigrationFailure? {
        let numbers = source.databases(of: context.plan).map(\.number)
        guard let number = try await outOfRange(numbers, at: target) else { return nil }
        return MigrationFailure(
            .configuration,
            "\(target.name) has no database \(number), where the source holds keys; raise its 'databases' setting, "
                + "or narrow the migration with --db"
        )
    }

    /// The first of the databases that the server does not have.
    private func outOfRange(_ numbers: [Int], at server: ValidatedServer) async throws(RedisClientError) -> Int? {
        let selects = (numbers + [0]).map { RedisCommand("SELECT", ByteString($0)) }
        let replies = try await server.connection.pipeline(selects)
        return zip(numbers, replies).first { $1.errorLine?.contains("out of range") == true }?.0
    }
}

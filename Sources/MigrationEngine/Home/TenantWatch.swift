import MigrationCore
import NIOCore
import RESP
import RedisClient

/// The one place that asks both servers where the tenant's users can write. Its connections stay open between two looks.
actor TenantWatch {
    private enum Place {
        case source, target
    }

    private let scope: TenantScope
    private let source: KeptConnection
    private let target: KeptConnection
    /// The tenant's users as either server has listed them.
    private var listed: Set<ByteString> = []

    init(
        scope: TenantScope,
        endpoints: MigrationEndpoints,
        group: any EventLoopGroup,
        timeout: TimeAmount = RedisConnection.defaultTimeout
    ) {
        self.scope = scope
        source = KeptConnection(to: endpoints.source, on: group, timeout: timeout)
        target = KeptConnection(to: endpoints.target, on: group, timeout: timeout)
    }

    /// Both sides as they are now.
    ///
    /// - Parameter names: The users that are asked for; where there are none, those of the tenant, which takes a list of
    ///   all users the first time.
    func look(at names: [ByteString]) async -> TenantSighting {
        let known = names.isEmpty ? Array(listed) : names
        guard known.isEmpty else {
            async let source = side(.source) { access throws(MigrationFailure) in try await access.users(named: known) }
            async let target = side(.target) { access throws(MigrationFailure) in try await access.users(named: known) }
            return await TenantSighting(source: source, target: target)
        }
        async let source = side(.source) { access throws(MigrationFailure) in try await self.tenantUsers(access) }
        async let target = side(.target) { access throws(MigrationFailure) in try await self.tenantUsers(access) }
        return await TenantSighting(source: source, target: target)
    }

    /// What they have sent and is not executed yet never will be. Where the tool's user may not end them, it stays at that.
    func endOthers(than name: TenantConnectionName) async throws(MigrationFailure) {
        async let source = failureToEndOthers(than: name, at: .source)
        async let target = failureToEndOthers(than: name, at: .target)
        let failures = await [source, target].compactMap(\.self)
        if let failure = failures.first { throw failure }
    }

    private func failureToEndOthers(than name: TenantConnectionName, at place: Place) async -> MigrationFailure? {
        do throws(MigrationFailure) {
            try await endOthers(than: name, on: try await connected(place), at: place)
            return nil
        } catch {
            return error
        }
    }

    private func endOthers(
        than name: TenantConnectionName,
        on connection: RedisConnection,
        at place: Place
    ) async throws(MigrationFailure) {
        do {
            try await connection.endConnections { other in
                // At the source a copy only reads.
                other.isOthers(than: name) && (place == .target || other.role != .copy)
            }
        } catch {
            await kept(place).drop()
            throw MigrationFailure(error, while: "ending other migrations of the tenant")
        }
    }

    func close() async {
        await source.close()
        await target.close()
    }

    private func tenantUsers(_ access: ACLAccess) async throws(MigrationFailure) -> [ACLUser] {
        let own = try await access.ownName()
        let users = TenantUsers.select(from: try await access.users(), scope: scope, except: own).users
        listed.formUnion(users.map(\.name))
        return users
    }

    private func side(
        _ place: Place,
        _ users: @Sendable (ACLAccess) async throws(MigrationFailure) -> [ACLUser]
    ) async -> TenantSighting.Side {
        do throws(MigrationFailure) {
            return .seen(UsersSeen(try await users(ACLAccess(try await connected(place))), scope: scope))
        } catch {
            await kept(place).drop()
            return error.mayPass ? .silent(error) : .hidden
        }
    }

    private func kept(_ place: Place) -> KeptConnection { place == .source ? source : target }

    private func connected(_ place: Place) async throws(MigrationFailure) -> RedisConnection {
        do {
            return try await kept(place).open()
        } catch {
            throw MigrationFailure(error, while: "finding out where the tenant lives")
        }
    }
}

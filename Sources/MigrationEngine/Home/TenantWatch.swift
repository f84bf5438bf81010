import MigrationCore
import NIOCore
import RESP
import RedisClient

/// The one place that asks both servers where the tenant's users can write. Its connections stay open between two looks.
actor TenantWatch {
    /// Whether a connection of the tool's has to end.
    private typealias Ending = @Sendable (TenantConnectionName) -> Bool

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
    /// - Parameters:
    ///   - names: The users that are asked for; where there are none, those of the tenant, which takes a list of all users
    ///     the first time.
    ///   - name: Ends the connections with which other migrations than this one's write, before it looks: what they have
    ///     sent and is not executed yet never will be. Where the tool's user may not end them, it stays at that.
    func look(at names: [ByteString], endingOthersThan name: TenantConnectionName? = nil) async -> TenantSighting {
        let known = names.isEmpty ? Array(listed) : names
        // At the source a copy only reads.
        let atSource = Self.ending(name, [.rights, .erasure])
        let atTarget = Self.ending(name, TenantConnectionName.Role.allCases)
        async let source = side(.source) { access throws(MigrationFailure) in
            try await self.users(access, known, atSource)
        }
        async let target = side(.target) { access throws(MigrationFailure) in
            try await self.users(access, known, atTarget)
        }
        return await TenantSighting(source: source, target: target)
    }

    private static func ending(_ own: TenantConnectionName?, _ roles: [TenantConnectionName.Role]) -> Ending? {
        guard let own else { return nil }
        return { $0.isOthers(than: own) && roles.contains($0.role) }
    }

    private func users(
        _ access: ACLAccess,
        _ known: [ByteString],
        _ mustEnd: Ending?
    ) async throws(MigrationFailure) -> [ACLUser] {
        guard let mustEnd else {
            return known.isEmpty ? try await tenantUsers(access) : try await access.users(named: known)
        }
        let users = try await access.users(named: known, ending: mustEnd)
        return known.isEmpty ? try await tenantUsers(access) : users
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

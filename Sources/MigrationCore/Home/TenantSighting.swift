/// What one server shows of the tenant's users.
package struct UsersSeen: Equatable, Sendable {
    /// Whether there is any.
    package var areThere: Bool
    /// Whether one of them may write the tenant's keys.
    package var mayWrite: Bool
    /// Migrations that have fenced one of them, as its rules say.
    package var fencedBy: Set<String>
    /// Migrations for whose switch one of them waits.
    package var waitFor: Set<String>
    /// With the hashes of their passwords, which are never written down.
    package private(set) var users: [ACLUser] = []

    package init(areThere: Bool, mayWrite: Bool = false, fencedBy: Set<String> = [], waitFor: Set<String> = []) {
        self.areThere = areThere
        self.mayWrite = mayWrite
        self.fencedBy = fencedBy
        self.waitFor = waitFor
    }

    package init(_ users: [ACLUser], scope: TenantScope) {
        self.init(
            areThere: !users.isEmpty,
            mayWrite: users.contains { $0.mayWriteKeys(of: scope) },
            fencedBy: Set(users.compactMap { $0.fenced(in: scope) }),
            waitFor: Set(users.compactMap { $0.copied(in: scope) })
        )
        self.users = users
    }
}

/// Where the tenant's users can write, as both servers tell it.
package struct TenantSighting: Equatable, Sendable {
    package enum Side: Equatable, Sendable {
        case seen(UsersSeen)
        /// The tool's user may not look.
        case hidden
        case silent(MigrationFailure)
    }

    package var source: Side
    package var target: Side

    package init(source: Side, target: Side) {
        self.source = source
        self.target = target
    }

    /// Why one of the servers has told nothing; nil where both have.
    package var silence: MigrationFailure? { source.silence ?? target.silence }

    /// For the status; nil where the tenant has no users by which it could be told, or they may not be looked at. Of a
    /// server that is away nobody can say that a client can write there.
    package var writable: WritableSide? {
        if source == .hidden || target == .hidden { return nil }
        guard let source = source.users, let target = target.users else {
            return source.users?.mayWrite == true ? .source : target.users?.mayWrite == true ? .target : .unknown
        }
        guard source.areThere || target.areThere else { return nil }
        return switch (source.mayWrite, target.mayWrite) {
        case (true, true): .both
        case (true, false): .source
        case (false, true): .target
        case (false, false): .neither
        }
    }
}

extension TenantSighting.Side {
    package var users: UsersSeen? { if case .seen(let users) = self { users } else { nil } }
    package var silence: MigrationFailure? { if case .silent(let failure) = self { failure } else { nil } }
}

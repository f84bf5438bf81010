import MigrationCore
import RESP
import RedisClient

/// Copies the tenant's ACL users to the target, without write access until the switch. A user that is already there
/// and differs is never overwritten, unless the tool itself has left it there.
package struct UserCopier: Sendable {
    /// How a user of the tenant stands at the target.
    package enum Standing: Equatable, Sendable {
        case absent
        /// As the tool makes it before the switch.
        case readOnly
        /// As it is at the source: nothing is left to do.
        case writable
        /// The tool's to write anew: this migration's copy as it was once, or the same user, fenced when it left.
        case outdated
        /// What another migration has left.
        case left(UserMark)
        case different
    }

    package struct Outcome: Sendable {
        /// Users that the tool made, now or in an earlier run: the switch makes them writable.
        package let owned: [CopiedUser]
        /// Users that exist at the target with other rules or passwords.
        package let conflicts: [UserConflict]

        /// For the journal.
        package var ownedNames: [String] { owned.map(\.name.description) }
    }

    private let plan: MigrationPlan
    private let source: ACLAccess
    private let target: ACLAccess

    private var scope: TenantScope { plan.scope }

    package init(_ plan: MigrationPlan, source: RedisConnection, target: RedisConnection) {
        self.plan = plan
        self.source = ACLAccess(source)
        self.target = ACLAccess(target)
    }

    /// The tenant's users as they shall be at the target: as they were before any fence that is up at the source.
    ///
    /// - Parameter fence: What this migration has raised there, where that may be up.
    package func copies(unfencing fence: FenceRecord? = nil) async throws(MigrationFailure) -> [CopiedUser] {
        guard plan.userCopy != .none else { return [] }
        let own = try await source.ownName()
        let users = try await source.users().map { (fence?.unfenced($0) ?? $0).unfenced(for: scope) }
        let tenant = TenantUsers.select(from: users, scope: scope, except: own)
        try checkHome(tenant.users)
        let dialect = try await target.dialect()
        var copies: [CopiedUser] = []
        for user in tenant.users {
            do {
                copies.append(
                    try CopiedUser(
                        user,
                        scope: scope,
                        everything: plan.userCopy == .all,
                        dialect: dialect,
                        migration: plan.id
                    )
                )
            } catch {
                throw MigrationFailure(error, server: target.connection.server)
            }
        }
        return copies
    }

    /// Copies that another migration has not switched to yet can write nowhere, and nobody here knows what they could.
    private func checkHome(_ users: [ACLUser]) throws(MigrationFailure) {
        guard let user = users.first(where: { $0.copied(in: scope) != nil }),
            let migration = user.copied(in: scope)
        else { return }
        throw MigrationFailure(
            .refused,
            "user \(user.name) at \(source.connection.server) is a read-only copy that migration \(migration) has made and "
                + "not switched to: cut \(migration) over first, or migrate from where the tenant lives; if \(migration) is "
                + "gone, give the user its own rules with ACL SETUSER, or delete it"
        )
    }

    /// How each copy stands at the target; nothing stays changed there.
    package func standings(of copies: [CopiedUser]) async throws(MigrationFailure) -> [Standing] {
        guard !copies.isEmpty else { return [] }
        let existing = try await target.users()
        if existing.contains(where: { user in copies.contains { $0.name == user.name } }) {
            // Before any user is made for a moment: one that could not be removed again would stay.
            _ = try await target.call(RedisCommand("ACL", "DELUSER", Self.probeName()), Self.comparing)
        }
        var standings: [Standing] = []
        for copy in copies {
            guard let user = existing.first(where: { $0.name == copy.name }) else {
                standings.append(.absent)
                continue
            }
            standings.append(try await standing(of: copy, as: user))
        }
        return standings
    }

    /// Those that are in the way.
    ///
    /// - Parameter owned: Names (as `Outcome.ownedNames`) that an earlier run of this migration made: those are the
    ///   tool's to change.
    func conflicts(_ copies: [CopiedUser], _ standings: [Standing], owned: [String] = []) -> [UserConflict] {
        zip(copies, standings).compactMap { copy, standing in
            switch standing {
            case .left(let mark) where !plan.replace: UserConflict(name: copy.name, mark: mark)
            case .different where !owned.contains(copy.name.description): UserConflict(name: copy.name)
            case .absent, .readOnly, .writable, .outdated, .left, .different: nil
            }
        }
    }

    /// Creates the users that are missing; none of them where one is in conflict.
    ///
    /// - Parameter owned: As for `conflicts`.
    package func create(owned: [String] = []) async throws(MigrationFailure) -> Outcome {
        let copies = try await copies()
        let standings = try await standings(of: copies)
        // All or nothing: what stays behind after a refusal would be in the way of the next attempt.
        let conflicts = conflicts(copies, standings, owned: owned)
        guard conflicts.isEmpty else { return Outcome(owned: [], conflicts: conflicts) }
        let mine = zip(copies, standings).filter { $1 != .writable }
        let changes = mine.filter { $1 != .readOnly }.map { copy, _ in (name: copy.name, rules: copy.readOnly) }
        try await target.setUsers(changes, while: "copying the tenant's users")
        return Outcome(owned: mine.map(\.0), conflicts: [])
    }

    private func standing(of copy: CopiedUser, as user: ACLUser) async throws(MigrationFailure) -> Standing {
        let logins = Self.logins(ACLUser(name: copy.name, rules: copy.writable)?.login ?? [])
        let hasSameLogins = logins == Self.logins(user.login)
        if let migration = user.copied(in: scope), let mark = user.mark {
            guard migration == plan.id else { return .left(mark) }
            let isEqual = try await asPrinted(copy.readOnly)?.grants == user.grants
            return isEqual && hasSameLogins ? .readOnly : .outdated
        }
        if user.fenced(in: scope) != nil, let mark = user.mark {
            let isEqual = try await asPrinted(copy.writable)?.grants == user.unfenced(for: scope).grants
            return isEqual && hasSameLogins ? .outdated : .left(mark)
        }
        guard hasSameLogins else { return .different }
        if try await asPrinted(copy.readOnly)?.grants == user.grants { return .readOnly }
        if try await asPrinted(copy.writable)?.grants == user.grants { return .writable }
        return .different
    }

    /// A server prints the rules it was given in words of its own, so equal rules are found by giving them: to a user
    /// without a login, for a moment.
    private func asPrinted(_ rules: [ByteString]) async throws(MigrationFailure) -> ACLUser? {
        let name = Self.probeName()
        let login = Set(ACLUser(name: name, rules: rules)?.login ?? [])
        let grants = rules.filter { !login.contains($0) }
        let replies = try await target.pipeline(
            [
                RedisCommand(["ACL", "SETUSER", name, "reset"] + grants),
                RedisCommand("ACL", "LIST"),
                RedisCommand("ACL", "DELUSER", name),
            ],
            Self.comparing
        )
        return replies[1].elements?.lazy.compactMap { $0.bytes.flatMap(ACLUser.init(listLine:)) }
            .first { $0.name == name }
    }

    private static let comparing = "comparing the tenant's users"

    private static func probeName() -> ByteString {
        ByteString("__ferrite_migrate_probe_\(String(UInt64.random(in: 0...(.max)), radix: 16))")
    }

    /// `sanitize-payload` is what a user has without it being said.
    private static func logins(_ words: [ByteString]) -> Set<ByteString> {
        Set(words).subtracting(["reset", "sanitize-payload"])
    }
}

extension MigrationFailure {
    package init(_ obstacle: UserCopyObstacle, server: String) {
        switch obstacle {
        case .ruleUnknownAtTarget(let user, let rule):
            self.init(
                .refused,
                "user \(user) cannot be copied: \(server) is older than Redis 7.0 and does not know its rule \(rule); "
                    + "change the user, or use --no-copy-acl"
            )
        }
    }
}

import MigrationCore
import RESP
import RedisClient

/// Copies the tenant's ACL users to the target, without write access until the switch. A user that is already there
/// and differs is never overwritten.
package struct UserCopier: Sendable {
    /// How a user of the tenant stands at the target.
    package enum Standing: Equatable, Sendable {
        case absent
        /// As the tool makes it before the switch.
        case readOnly
        /// As it is at the source: nothing is left to do.
        case writable
        case different
    }

    package struct Outcome: Sendable {
        /// Users that the tool made, now or in an earlier run: the switch makes them writable.
        package let owned: [CopiedUser]
        /// Names of users that exist at the target with other rules or passwords.
        package let conflicts: [ByteString]

        /// For the journal.
        package var ownedNames: [String] { owned.map(\.name.description) }
    }

    private let scope: TenantScope
    private let copy: UserCopy
    private let source: ACLAccess
    private let target: ACLAccess

    package init(scope: TenantScope, copy: UserCopy, source: RedisConnection, target: RedisConnection) {
        self.scope = scope
        self.copy = copy
        self.source = ACLAccess(source)
        self.target = ACLAccess(target)
    }

    /// The tenant's users as they shall be at the target.
    ///
    /// - Parameter fence: What is raised at the source, where a fence may be up: the users are read as they were before.
    package func copies(unfencing fence: FenceRecord? = nil) async throws(MigrationFailure) -> [CopiedUser] {
        guard copy != .none else { return [] }
        let own = try await source.ownName()
        let users = try await source.users().map { fence?.unfenced($0) ?? $0 }
        let tenant = TenantUsers.select(from: users, scope: scope, except: own)
        let dialect = try await target.dialect()
        var copies: [CopiedUser] = []
        for user in tenant.users {
            do {
                copies.append(try CopiedUser(user, scope: scope, everything: copy == .all, dialect: dialect))
            } catch {
                throw MigrationFailure(error, server: target.connection.server)
            }
        }
        return copies
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

    /// Creates the users that are missing; none of them where one is in conflict.
    ///
    /// - Parameter owned: Names (as `Outcome.ownedNames`) that an earlier run of this migration made: those are the
    ///   tool's to change.
    package func create(owned: [String] = []) async throws(MigrationFailure) -> Outcome {
        let copies = try await copies()
        let standings = try await standings(of: copies)
        var mine: [CopiedUser] = []
        var conflicts: [ByteString] = []
        var changes: [(name: ByteString, rules: [ByteString])] = []
        for (copy, standing) in zip(copies, standings) {
            switch standing {
            case .readOnly: mine.append(copy)
            case .writable: continue
            case .different where !owned.contains(copy.name.description): conflicts.append(copy.name)
            case .absent, .different:
                mine.append(copy)
                changes.append((copy.name, copy.readOnly))
            }
        }
        // All or nothing: what stays behind after a refusal would be in the way of the next attempt.
        guard conflicts.isEmpty else { return Outcome(owned: [], conflicts: conflicts) }
        try await target.setUsers(changes, while: "copying the tenant's users")
        return Outcome(owned: mine, conflicts: conflicts)
    }

    private func standing(of copy: CopiedUser, as user: ACLUser) async throws(MigrationFailure) -> Standing {
        guard Self.logins(ACLUser(name: copy.name, rules: copy.writable)?.login ?? []) == Self.logins(user.login) else {
            return .different
        }
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

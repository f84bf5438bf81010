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
        /// What another migration has left. A shared user also has keys elsewhere, which are not the tool's to change.
        case left(UserMark, isShared: Bool)
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
        guard !tenant.users.isEmpty else { return [] }
        let dialect = try await target.dialect()
        let commands = try await translation()
        var copies: [CopiedUser] = []
        for user in tenant.users {
            do {
                copies.append(
                    try CopiedUser(
                        user,
                        scope: scope,
                        everything: plan.userCopy == .all,
                        dialect: dialect,
                        migration: plan.id,
                        commands: commands
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

    /// Nil where a server does not tell its commands: then the rules are tried as they are.
    private func translation() async throws(MigrationFailure) -> CommandTranslation? {
        guard let here = try await source.catalogue(), let there = try await target.catalogue() else { return nil }
        return CommandTranslation(from: here, to: there)
    }

    /// Gives the target every rule that the copies will have, with a user of the tool's own.
    package func tryRules(of copies: [CopiedUser]) async throws(MigrationFailure) {
        let probe = ProbeUser(access: target, step: "trying the tenant's rules")
        for copy in copies {
            for rules in [copy.writable, copy.readOnly] {
                guard let refusal = try await probe.give(rules, prints: false).refusal else { continue }
                throw MigrationFailure(
                    .refused,
                    "user \(copy.name) cannot be copied: \(target.connection.server) does not take its rules "
                        + "(\(refusal)); change the user at \(source.connection.server), or make it at the target yourself "
                        + "and use --no-copy-acl"
                )
            }
        }
    }

    /// How each copy stands at the target; nothing stays changed there.
    package func standings(of copies: [CopiedUser]) async throws(MigrationFailure) -> [Standing] {
        guard !copies.isEmpty else { return [] }
        return try await standings(of: copies, among: try await target.users(), [])
    }

    private func standings(
        of copies: [CopiedUser],
        among existing: [ACLUser],
        _ owned: [String]
    ) async throws(MigrationFailure) -> [Standing] {
        var standings: [Standing] = []
        for copy in copies {
            guard let user = existing.first(where: { $0.name == copy.name }) else {
                standings.append(.absent)
                continue
            }
            let standing = try await standing(of: copy, as: user)
            standings.append(standing == .different && isMine(user, owned) ? .outdated : standing)
        }
        return standings
    }

    /// Those that are in the way.
    func conflicts(_ copies: [CopiedUser], _ standings: [Standing]) -> [UserConflict] {
        zip(copies, standings).compactMap { copy, standing in
            switch standing {
            case .left(let mark, let isShared) where isShared || !plan.replace:
                UserConflict(name: copy.name, mark: mark, isShared: isShared)
            case .different: UserConflict(name: copy.name)
            case .absent, .readOnly, .writable, .outdated, .left: nil
            }
        }
    }

    /// Makes the target's copies what the source's users are: creates those that are missing, none of them where one is
    /// in conflict, and removes those whose user the tenant does not have any more.
    ///
    /// - Parameter owned: Names (as `Outcome.ownedNames`) that an earlier run of this migration made: those are the
    ///   tool's to change, as long as they cannot write.
    package func create(owned: [String] = []) async throws(MigrationFailure) -> Outcome {
        let copies = try await copies()
        let existing = try await target.users()
        let standings = try await standings(of: copies, among: existing, owned)
        // All or nothing: what stays behind after a refusal would be in the way of the next attempt.
        let conflicts = conflicts(copies, standings)
        guard conflicts.isEmpty else { return Outcome(owned: [], conflicts: conflicts) }
        try await tryRules(of: copies)
        let mine = zip(copies, standings).filter { $1 != .writable }
        let changes = mine.filter { $1 != .readOnly }.map { copy, _ in (name: copy.name, rules: copy.readOnly) }
        try await target.setUsers(changes, while: "copying the tenant's users")
        let gone = existing.filter { user in
            isMine(user, owned) && !copies.contains { $0.name == user.name }
        }
        if !gone.isEmpty {
            let names = gone.map(\.name.description)
            _ = try await target.removeUsers(names, while: "removing users that the source has no more")
        }
        return Outcome(owned: mine.map(\.0), conflicts: [])
    }

    /// Made by this migration and not switched to.
    private func isMine(_ user: ACLUser, _ owned: [String]) -> Bool {
        if let migration = user.copied(in: scope) { return migration == plan.id }
        return user.mark == nil && owned.contains(user.name.description) && !user.mayWriteKeys(of: scope)
    }

    private func standing(of copy: CopiedUser, as user: ACLUser) async throws(MigrationFailure) -> Standing {
        let logins = Self.logins(ACLUser(name: copy.name, rules: copy.writable)?.login ?? [])
        let hasSameLogins = logins == Self.logins(user.login)
        if let migration = user.copied(in: scope), let mark = user.mark {
            guard migration == plan.id else { return .left(mark, isShared: false) }
            let isEqual = try await asPrinted(copy.readOnly)?.grants == user.grants
            return isEqual && hasSameLogins ? .readOnly : .outdated
        }
        if user.fenced(in: scope) != nil, let mark = user.mark {
            let original = user.unfenced(for: scope)
            let isEqual = try await asPrinted(copy.writable)?.grants == original.grants
            guard !isEqual || !hasSameLogins else { return .outdated }
            return .left(mark, isShared: original.patterns.contains { !$0.isWithin(scope) })
        }
        guard hasSameLogins else { return .different }
        if try await asPrinted(copy.readOnly)?.grants == user.grants { return .readOnly }
        if try await asPrinted(copy.writable)?.grants == user.grants { return .writable }
        return .different
    }

    /// A server prints the rules it was given in words of its own, so equal rules are found by giving them.
    private func asPrinted(_ rules: [ByteString]) async throws(MigrationFailure) -> ACLUser? {
        try await ProbeUser(access: target, step: "comparing the tenant's users").give(rules, prints: true).printed
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

import RESP

/// Why a user of the tenant cannot be made read-only without taking something else from it.
package enum FenceObstacle: Error, Equatable, Sendable {
    /// The pattern reaches the tenant's keys and others: taking its writes would take those too.
    case widePattern(user: ByteString, pattern: ByteString)
    /// The server knows no `%R~`, and the user also has keys outside the tenant.
    case sharedUser(user: ByteString, pattern: ByteString)
}

extension FenceRecord.User {
    /// Commands that change keys without naming one, so that no key rule stops them: they empty or swap a database, or
    /// replace the whole data set. (RESTORE, MIGRATE, SORT … STORE, EVAL and FCALL are held to the key rules.)
    static let keylessWrites: [ByteString] = ["flushall", "flushdb", "swapdb", "debug", "replicaof", "slaveof"]

    /// XREADGROUP moves a group's position and its pending entries, but its key is declared as read only
    /// (Redis 7.0 commands/xreadgroup.json), so `%R~` lets it pass.
    static let undeclaredWrites: [ByteString] = ["xreadgroup"]

    /// Redis 6.2: PFCOUNT may store its cached sum, but is no `@write`.
    static let writesOutsideCategory: [ByteString] = ["pfcount", "debug", "replicaof", "slaveof"]

    /// The rules that make `user` read-only within the tenant's prefix and mark it, and those that make it what it is
    /// now, which may be fenced by an earlier migration. Passwords and on/off are in neither.
    package init(
        fencing user: ACLUser,
        scope: TenantScope,
        dialect: ACLDialect,
        migration: String
    ) throws(FenceObstacle) {
        let original = user.unfenced(for: scope)
        if let wide = original.wideWritePattern(scope) {
            throw .widePattern(user: user.name, pattern: wide.pattern)
        }
        if dialect == .patternsOnly, let other = original.patterns.first(where: { !$0.isWithin(scope) }) {
            throw .sharedUser(user: user.name, pattern: other.pattern)
        }
        let mark = UserMark.fence(by: migration, of: original.rules(dialect))
        let opening: [ByteString] = dialect == .keyPermissions ? ["resetkeys", "clearselectors"] : ["resetkeys"]
        // Whoever is fenced already loses nothing more, and is this migration's from now on.
        let isFenced = original != user && dialect == .keyPermissions
        let closed = isFenced ? user.rulesWithoutMark : Self.closed(user, scope, dialect)
        self.init(
            name: user.name,
            raised: opening + closed + [mark.argument(dialect)],
            lowered: opening + user.rules(dialect)
        )
    }

    /// What makes the user read-only. The root's own command rules stay; only what is taken is added behind them.
    private static func closed(_ user: ACLUser, _ scope: TenantScope, _ dialect: ACLDialect) -> [ByteString] {
        switch dialect {
        case .keyPermissions:
            let fenced = keyRules(of: user, scope)
            return fenced.keys + fenced.commands + fenced.selectors
        case .patternsOnly:
            return user.root.keys + ["-@write"] + writesOutsideCategory.map { $0.prefixed("-") }
        }
    }

    /// The root's keys, what is taken of its commands, and all selectors.
    private static func keyRules(
        of user: ACLUser,
        _ scope: TenantScope
    ) -> (keys: [ByteString], commands: [ByteString], selectors: [ByteString]) {
        let (root, twin) = readOnly(user.root, scope)
        var selectors: [ACLSelector] = twin.map { [$0] } ?? []
        for selector in user.selectors {
            let (fenced, twin) = readOnly(selector, scope)
            selectors.append(fenced)
            if let twin { selectors.append(twin) }
        }
        return (root.keys, Array(root.commands[user.root.commands.count...]), selectors.map(\.argument))
    }

    /// The selector without any write to the tenant's keys; and, where it also has keys of others, a twin that keeps
    /// for those what had to be taken as a whole command.
    private static func readOnly(_ selector: ACLSelector, _ scope: TenantScope) -> (ACLSelector, twin: ACLSelector?) {
        let patterns = selector.patterns
        var fenced = selector
        fenced.commands += keylessWrites.map { $0.prefixed("-") }
        guard patterns.contains(where: { $0.mayMatchKeys(of: scope) }) else { return (fenced, nil) }
        fenced.keys = patterns.compactMap { $0.isWithin(scope) ? $0.withoutWrites?.rule : $0.rule }
        let elsewhere = patterns.filter { !$0.mayMatchKeys(of: scope) }.map(\.rule)
        let twin = ACLSelector(
            keys: elsewhere,
            channels: ["resetchannels"],
            databases: selector.databases,
            commands: fenced.commands
        )
        fenced.commands += undeclaredWrites.map { $0.prefixed("-") }
        return (fenced, elsewhere.isEmpty ? nil : twin)
    }
}

extension KeyPattern {
    /// The same keys for reading only; nil where the pattern allowed nothing else than writing.
    var withoutWrites: KeyPattern? {
        reads ? KeyPattern(reads: true, writes: false, pattern: pattern) : nil
    }
}

extension FenceRecord {
    /// The connections of the users that the fence changes.
    package func clients(among all: [ClientInfo]) -> [ClientInfo] {
        let names = Set(users.map(\.name.text))
        return all.filter { names.contains($0.user) }
    }

    /// The user as it was before this fence was raised; as it is, where the fence does not change it.
    package func unfenced(_ user: ACLUser) -> ACLUser {
        guard let fenced = users.first(where: { $0.name == user.name }) else { return user }
        // The rules that the fence changed, put in the place of what a list shows of them now.
        let kept = user.login + user.root.channels + user.root.databases
        return ACLUser(name: user.name, rules: kept + fenced.lowered.filter { $0 != "clearselectors" }) ?? user
    }
}

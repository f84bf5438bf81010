import RESP

/// Why a user cannot be made at the target.
package enum UserCopyObstacle: Error, Equatable, Sendable {
    /// The rule needs Redis 7.0.
    case ruleUnknownAtTarget(user: ByteString, rule: ByteString)
}

/// A user of the tenant as it shall be at the target, before the switch and from it on. It holds password hashes, so
/// it lives in memory only.
package struct CopiedUser: Equatable, Sendable {
    package let name: ByteString
    /// `ACL SETUSER <name>` followed by these makes the user without write access.
    package let readOnly: [ByteString]
    /// The same for the user as it works at the source.
    package let writable: [ByteString]
    /// Rules of the source that are left behind, because they reach beyond the tenant.
    package let leftBehind: [ByteString]
    /// Rules that grant commands which the target does not have.
    package let lost: [ByteString]

    /// - Parameters:
    ///   - everything: `--copy-acl all`: also key and channel patterns that reach beyond the tenant's prefix.
    ///   - dialect: What the target understands.
    ///   - migration: Whose copy it is.
    ///   - commands: Says command rules in the target's words; nil where they are the same.
    package init(
        _ user: ACLUser,
        scope: TenantScope,
        everything: Bool,
        dialect: ACLDialect,
        migration: String,
        commands: CommandTranslation? = nil
    ) throws(UserCopyObstacle) {
        var lost: [ByteString] = []
        let root = (everything ? user.root : user.root.within(scope)).translated(commands, &lost)
        let selectors = (everything ? user.selectors : user.selectors.compactMap { $0.selectorWithin(scope) })
            .map { $0.translated(commands, &lost) }
        self.lost = lost
        if dialect == .patternsOnly { try Self.checkOldRules(user.name, root, selectors) }
        let opening: [ByteString] = ["reset"] + user.login
        name = user.name
        writable = opening + Self.rules(root, selectors)
        let closed =
            switch dialect {
            case .keyPermissions: opening + Self.rules(root.withoutWrites, selectors.map(\.withoutWrites))
            case .patternsOnly: opening + Self.rules(root, []) + Self.takenFromOldServers
            }
        readOnly = closed + [UserMark.copy(migration: migration).argument(dialect)]
        let kept = Set(([root] + selectors).flatMap { $0.keys + $0.channels })
        leftBehind = user.grants.flatMap { $0.keys + $0.channels }.filter {
            $0 != "resetchannels" && !kept.contains($0)
        }
    }

    private static let takenFromOldServers: [ByteString] =
        ["-@write"] + FenceRecord.User.writesOutsideCategory.map { $0.prefixed("-") }

    private static func rules(_ root: ACLSelector, _ selectors: [ACLSelector]) -> [ByteString] {
        root.keys + ["resetchannels"] + root.channels + root.databases + ["-@all"] + root.commands
            + selectors.map(\.argument)
    }

    private static func checkOldRules(
        _ user: ByteString,
        _ root: ACLSelector,
        _ selectors: [ACLSelector]
    ) throws(UserCopyObstacle) {
        let unknown = root.keys.first { $0.hasPrefix("%") } ?? selectors.first?.argument
        if let unknown { throw .ruleUnknownAtTarget(user: user, rule: unknown) }
    }
}

extension ACLSelector {
    /// Only the patterns that lie within the tenant's prefix, of keys and of channels.
    fileprivate func within(_ scope: TenantScope) -> ACLSelector {
        ACLSelector(
            keys: patterns.filter { $0.isWithin(scope) }.map(\.rule),
            channels: channels.filter { rule in
                rule.hasPrefix("&")
                    && KeyPattern(reads: true, writes: true, pattern: ByteString(rule.bytes[1...])).isWithin(scope)
            },
            databases: databases,
            commands: commands
        )
    }

    /// The same for a selector, which makes no sense any more once all its keys are gone.
    fileprivate func selectorWithin(_ scope: TenantScope) -> ACLSelector? {
        let rest = within(scope)
        guard keys.isEmpty || !rest.keys.isEmpty else { return nil }
        return ACLSelector(
            keys: rest.keys,
            channels: ["resetchannels"] + rest.channels,
            databases: databases,
            commands: commands
        )
    }

    fileprivate func translated(_ translation: CommandTranslation?, _ lost: inout [ByteString]) -> ACLSelector {
        guard let translation else { return self }
        let result = translation.translate(commands)
        var translated = self
        translated.commands = result.rules
        lost += result.lost
        return translated
    }

    fileprivate var withoutWrites: ACLSelector {
        let taken = FenceRecord.User.keylessWrites + FenceRecord.User.undeclaredWrites
        return ACLSelector(
            keys: patterns.compactMap { $0.withoutWrites?.rule },
            channels: channels,
            databases: databases,
            commands: commands + taken.map { $0.prefixed("-") }
        )
    }
}

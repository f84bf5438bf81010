import RESP

/// Whose users they are: the tenant's own, and those that reach its keys although they are not.
package struct TenantUsers: Equatable, Sendable {
    /// Users with at least one key pattern within the tenant's prefix, whatever a fence has taken of it.
    package let users: [ACLUser]
    /// Users that may write the tenant's keys through a wider pattern such as `~*`: no fence can stop them without
    /// stopping what they do elsewhere.
    package let wide: [ACLUser]

    /// - Parameter toolUser: The user that the tool itself runs as; it is in neither list.
    package static func select(from all: [ACLUser], scope: TenantScope, except toolUser: ByteString) -> TenantUsers {
        let others = all.filter { $0.name != toolUser }
        let own = others.filter { user in user.unfenced(for: scope).patterns.contains { $0.isWithin(scope) } }
        let wide = others.filter { user in !own.contains(user) && user.mayWriteKeys(of: scope) }
        return TenantUsers(users: own, wide: wide)
    }
}

extension KeyPattern {
    /// A pattern that was meant for the tenant and is not: its name holds characters that are wildcards in a pattern, and
    /// they are not escaped.
    package func looksUnescaped(_ scope: TenantScope) -> Bool {
        !isWithin(scope) && pattern.hasPrefix(scope.prefix)
    }
}

extension ACLUser {
    package func mayWriteKeys(of scope: TenantScope) -> Bool {
        !runsNoWrites && grants.contains { $0.mayWriteKeys(of: scope) }
    }

    /// A pattern that allows writing keys of the tenant and of others alike.
    func wideWritePattern(_ scope: TenantScope) -> KeyPattern? {
        for grant in grants where grant.mayRunWrites {
            let wide = grant.patterns.first { $0.writes && !$0.isWithin(scope) && $0.mayMatchKeys(of: scope) }
            if let wide { return wide }
        }
        return nil
    }
}

import RESP

// What a mark says of a user, as long as it is true: whoever gave the user its writes back by hand has ended it.
extension ACLUser {
    /// The migration whose fence keeps the user from writing the tenant's keys.
    package func fenced(in scope: TenantScope) -> String? {
        guard case .fence(let migration, _) = mark, !mayWriteKeys(of: scope) else { return nil }
        return migration
    }

    /// The migration that made the user here and has not switched to it.
    package func copied(in scope: TenantScope) -> String? {
        guard case .copy(let migration) = mark, !mayWriteKeys(of: scope) else { return nil }
        return migration
    }

    /// As it was before its writes of the tenant's keys were taken. A user that several tenants share may be fenced for
    /// each, one mark within the other.
    package func unfenced(for scope: TenantScope) -> ACLUser {
        guard fenced(in: scope) != nil, case .fence(_, let rules) = mark else { return self }
        let before = ACLUser(name: name, rules: login + root.channels + root.databases + rules)
        return before?.unfenced(for: scope) ?? self
    }

    /// What a fence changes of a user: rules that make its keys, commands and selectors.
    func rules(_ dialect: ACLDialect) -> [ByteString] {
        rulesWithoutMark + (mark.map { [$0.argument(dialect)] } ?? [])
    }

    var rulesWithoutMark: [ByteString] {
        let isWhole = root.commands.first.map { ["-@all", "+@all"].contains($0) } ?? false
        return root.keys + (isWhole ? [] : ["-@all"]) + root.commands + selectors.map(\.argument)
    }
}

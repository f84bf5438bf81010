import RESP

extension FenceRecord.User {
    /// What a fence takes from the user, for people: the tenant's patterns that it could write, and the commands that it
    /// could run. A command that it has no right to anyway is none.
    package func losses(_ scope: TenantScope) -> [String] {
        guard let before = ACLUser(name: name, rules: lowered), before.fenced(in: scope) == nil else { return [] }
        let patterns = before.grants.filter(\.mayRunWrites).flatMap(\.patterns)
            .filter { $0.writes && $0.isWithin(scope) }
        let taken = raised.filter { $0.hasPrefix("-") }.map { $0.text.dropFirst().lowercased() }
        return patterns.map { "writes to \($0.pattern.typed)" }
            + taken.filter { rule in before.grants.contains { $0.mayRun(rule) } }.map { $0.uppercased() }
    }
}

extension ACLSelector {
    /// The categories of the commands that a fence takes (ACL CAT of Redis 6.2 and 7.0).
    private static let categories: [String: Set<String>] = [
        "flushall": ["keyspace", "write", "slow", "dangerous"], "flushdb": ["keyspace", "write", "slow", "dangerous"],
        "swapdb": ["keyspace", "write", "fast", "dangerous"], "debug": ["admin", "slow", "dangerous"],
        "replicaof": ["admin", "slow", "dangerous"], "slaveof": ["admin", "slow", "dangerous"],
        "xreadgroup": ["write", "stream", "slow", "blocking"], "pfcount": ["read", "hyperloglog", "slow"],
    ]

    /// Whether the command rules, one after another, leave the user a command that a fence takes; true of a whole
    /// category.
    fileprivate func mayRun(_ command: String) -> Bool {
        guard let categories = Self.categories[command] else { return true }
        var may = false
        for rule in commands {
            let text = rule.text.lowercased()
            switch text {
            case "allcommands": may = true
            case "nocommands": may = false
            default:
                let name = text.dropFirst()
                let isMeant =
                    name == "@all" || name.hasPrefix("@") && categories.contains(String(name.dropFirst()))
                    // `+debug|sleep` allows a part of it.
                    || (text.hasPrefix("+") ? name.split(separator: "|").first.map(String.init) : String(name))
                        == command
                if isMeant { may = text.hasPrefix("+") }
            }
        }
        return may
    }
}

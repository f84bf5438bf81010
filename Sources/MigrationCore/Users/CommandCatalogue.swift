import RESP

/// The commands of a server and the categories that they are in (`ACL CAT`, `COMMAND`), and so what command rules mean
/// there. Names are in lower case; a subcommand is `config|get`.
package struct CommandCatalogue: Equatable, Sendable {
    private let categories: [ByteString: Set<ByteString>]
    /// Commands that have no subcommands, and subcommands.
    package let leaves: Set<ByteString>
    private let subcommands: [ByteString: Set<ByteString>]

    /// - Parameter others: Names that may be in no category: those of modules.
    package init(categories: [ByteString: [ByteString]], others: [ByteString] = []) {
        self.categories = Dictionary(
            categories.map { ($0.lowercased, Set($1.map(\.lowercased))) },
            uniquingKeysWith: { $0.union($1) }
        )
        let names = self.categories.values.reduce(into: Set(others.map(\.lowercased))) { $0.formUnion($1) }
        subcommands = Dictionary(grouping: names.filter { $0.container != nil }) { $0.container ?? $0 }
            .mapValues { Set($0) }
        let containers = Set(subcommands.keys)
        leaves = names.subtracting(containers)
    }

    package func knows(category: ByteString) -> Bool { category == "all" || categories[category] != nil }

    package func knows(_ name: ByteString) -> Bool { leaves.contains(name) || subcommands[name] != nil }

    /// The command itself, or its subcommands.
    func leaves(of name: ByteString) -> Set<ByteString> {
        subcommands[name] ?? (leaves.contains(name) ? [name] : [])
    }

    /// What these rules allow, each changing what those before it have allowed. An argument that stands for a
    /// subcommand (`+select|0`) is allowed by its own name.
    package func allowed(by rules: [ByteString]) -> Set<ByteString> {
        var allowed: Set<ByteString> = []
        for rule in rules.map(\.lowercased) {
            guard let name = rule.ruledName else { continue }
            let isGrant = rule.isGrant
            if name == "@all" {
                allowed = isGrant ? leaves : []
            } else if let category = name.category {
                let members = (categories[category] ?? []).reduce(into: Set()) { $0.formUnion(leaves(of: $1)) }
                allowed = isGrant ? allowed.union(members) : allowed.subtracting(members)
            } else if isGrant {
                allowed.formUnion(knows(name) ? leaves(of: name) : [name])
            } else {
                allowed = allowed.filter { $0 != name && $0.container != name }
            }
        }
        return allowed
    }
}

extension CommandCatalogue {
    /// Whether these rules allow a command that changes keys.
    package func allowsWrites(by rules: [ByteString]) -> Bool {
        let writes = (categories["write"] ?? []).union(FenceRecord.User.writesOutsideCategory)
        return !allowed(by: rules).isDisjoint(with: writes)
    }
}

extension ByteString {
    /// `config` of `config|get`.
    var container: ByteString? {
        bytes.firstIndex(of: UInt8(ascii: "|")).map { ByteString(bytes[..<$0]) }
    }

    /// `read` of `@read`.
    var category: ByteString? {
        hasPrefix("@") ? ByteString(bytes.dropFirst()) : nil
    }

    /// Of a command rule: `@read`, `get`, `config|get`; nil where it is none.
    var ruledName: ByteString? {
        switch self {
        case "allcommands", "nocommands": "@all"
        default: hasPrefix("+") || hasPrefix("-") ? ByteString(bytes.dropFirst()) : nil
        }
    }

    var isGrant: Bool { hasPrefix("+") || self == "allcommands" }
}

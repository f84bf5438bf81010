import RESP

/// Says command rules of one server in the words of another: of the commands that both have, exactly those are allowed
/// that were. What the other does not know cannot be run there and is left out, whether it was granted or taken.
package struct CommandTranslation: Equatable, Sendable {
    private let source: CommandCatalogue
    private let target: CommandCatalogue

    /// Commands of Redis 6's own against HTTP requests: nobody can run them, and a list of all commands has them.
    private static let pseudo: Set<ByteString> = ["host:", "post"]

    package init(from source: CommandCatalogue, to target: CommandCatalogue) {
        self.source = source
        self.target = target
    }

    package struct Result: Equatable, Sendable {
        package var rules: [ByteString]
        /// Rules that grant something which the target does not have.
        package var lost: [ByteString] = []
    }

    package func translate(_ rules: [ByteString]) -> Result {
        guard source != target else { return Result(rules: rules) }
        let wanted = source.allowed(by: rules)
        let kept = rules.filter { isKnown($0.lowercased) }
        let reached = target.allowed(by: kept)
        // A rule of each command that the same words would treat otherwise there.
        let mended = target.leaves.sorted().flatMap { mend($0, isAllowed: reached.contains($0), wanted) }
        let lost = rules.filter { $0.isGrant && isLost($0.lowercased) }
        return Result(rules: kept + mended, lost: lost)
    }

    private func isKnown(_ rule: ByteString) -> Bool {
        guard let name = rule.ruledName else { return false }
        if let category = name.category { return target.knows(category: category) }
        if target.knows(name) { return true }
        // An argument of a command that has no subcommands at either side; a subcommand that is none there is mended.
        guard let command = name.container else { return false }
        return rule.isGrant && target.leaves.contains(command) && source.leaves.contains(command)
    }

    private func isLost(_ rule: ByteString) -> Bool {
        guard let name = rule.ruledName, !Self.pseudo.contains(name) else { return false }
        if let category = name.category { return !target.knows(category: category) }
        // A subcommand can be said of a command that has none there.
        return !target.knows(name) && !(name.container.map(target.leaves.contains) ?? false)
    }

    private func mend(_ name: ByteString, isAllowed: Bool, _ wanted: Set<ByteString>) -> [ByteString] {
        let parts = source.leaves(of: name)
        if parts.isEmpty, let command = name.container, source.leaves.contains(command) {
            // The source allows a command as a whole, or some of its subcommands by name.
            return mend(name, isAllowed, wanted.contains(command) || wanted.contains(name))
        }
        // The source does not have it: it comes with its category or not at all.
        guard !parts.isEmpty else { return [] }
        let granted = parts.intersection(wanted)
        guard !granted.isEmpty, granted.count < parts.count else { return mend(name, isAllowed, !granted.isEmpty) }
        // Subcommands of the source that are arguments there.
        return (isAllowed ? [name.prefixed("-")] : []) + granted.sorted().map { $0.prefixed("+") }
    }

    private func mend(_ name: ByteString, _ isAllowed: Bool, _ shall: Bool) -> [ByteString] {
        isAllowed == shall ? [] : [name.prefixed(shall ? "+" : "-")]
    }
}

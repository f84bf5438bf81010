/// A user as `ACL LIST` prints it (Redis ACL documentation): `user NAME` and then rules in the order that makes it.
package struct ACLUser: Equatable, Sendable {
    package let name: String
    /// `on`/`off`, `nopass`, `#hash`, `sanitize-payload` …: who may log in. The hashes are never written down.
    package let login: [String]
    /// `~pattern`, `%R~pattern`, `%W~pattern`, `%RW~pattern`, `allkeys`.
    package let keys: [String]
    /// `&pattern`, `allchannels`, `resetchannels`.
    package let channels: [String]
    /// `+@all`, `-flushall`, `+config|get` …
    package let commands: [String]
    /// The inner rules of each `(…)` (Redis 7.0 and later).
    package let selectors: [[String]]

    /// Reads a line of `ACL LIST`; nil where it is none.
    package init?(listLine: String) {
        var words = listLine.split(separator: " ").map(String.init)[...]
        guard words.count >= 2, words.removeFirst() == "user" else { return nil }
        let name = words.removeFirst()
        self.init(name: name, rules: Array(words))
    }

    package init?(name: String, rules: [String]) {
        guard let (plain, selectors) = Self.splitSelectors(rules) else { return nil }
        self.name = name
        self.selectors = selectors
        keys = plain.filter(Self.isKeyRule)
        channels = plain.filter(Self.isChannelRule)
        commands = plain.filter(Self.isCommandRule)
        login = plain.filter { !Self.isKeyRule($0) && !Self.isChannelRule($0) && !Self.isCommandRule($0) }
    }

    private static func splitSelectors(_ rules: [String]) -> ([String], [[String]])? {
        var plain: [String] = []
        var selectors: [[String]] = []
        var open: [String]?
        for rule in rules {
            var word = Substring(rule)
            if open == nil, word.hasPrefix("(") {
                open = []
                word = word.dropFirst()
            }
            guard open != nil else {
                plain.append(rule)
                continue
            }
            let closes = word.hasSuffix(")")
            if closes { word = word.dropLast() }
            if !word.isEmpty { open?.append(String(word)) }
            if closes {
                selectors.append(open ?? [])
                open = nil
            }
        }
        return open == nil ? (plain, selectors) : nil
    }

    static func isKeyRule(_ rule: String) -> Bool {
        rule.hasPrefix("~") || rule.hasPrefix("%") || rule == "allkeys" || rule == "resetkeys"
    }

    static func isChannelRule(_ rule: String) -> Bool {
        rule.hasPrefix("&") || rule == "allchannels" || rule == "resetchannels"
    }

    static func isCommandRule(_ rule: String) -> Bool {
        rule.hasPrefix("+") || rule.hasPrefix("-") || rule == "allcommands" || rule == "nocommands"
    }
}

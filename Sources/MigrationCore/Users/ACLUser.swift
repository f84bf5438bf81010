import RESP

/// A user as `ACL LIST` prints it (Redis ACL documentation): `user NAME` and then rules in the order that makes it.
/// Names and patterns are bytes.
package struct ACLUser: Equatable, Sendable {
    package let name: ByteString
    /// `on`/`off`, `nopass`, `#hash`, `sanitize-payload` …: who may log in. The hashes are never written down.
    package let login: [ByteString]
    /// The rules outside every parenthesis.
    package let root: ACLSelector
    package let selectors: [ACLSelector]

    /// Reads a line of `ACL LIST`; nil where it is none.
    package init?(listLine: ByteString) {
        let words = listLine.bytes.split(separator: UInt8(ascii: " ")).map(ByteString.init)
        guard words.count >= 2, words[0] == "user" else { return nil }
        self.init(name: words[1], rules: Array(words[2...]))
    }

    /// `rules` are words as the list prints them or arguments of `ACL SETUSER`, where a whole `(…)` is one.
    package init?(name: ByteString, rules: [ByteString]) {
        let words = rules.flatMap { $0.bytes.split(separator: UInt8(ascii: " ")).map { ByteString($0) } }
        guard let (plain, selectors) = Self.splitSelectors(words) else { return nil }
        self.name = name
        self.selectors = selectors.map(ACLSelector.init(rules:))
        root = ACLSelector(rules: plain)
        login = plain.filter {
            !ACLSelector.isKeyRule($0) && !ACLSelector.isChannelRule($0) && !ACLSelector.isCommandRule($0)
        }
    }

    /// The root and the selectors: a command is allowed where one of them allows all of it.
    package var grants: [ACLSelector] { [root] + selectors }

    package var patterns: [KeyPattern] { grants.flatMap(\.patterns) }

    /// `on`, by the last word that says so; a user that was never switched on is off.
    package var mayLogIn: Bool { login.last { $0 == "on" || $0 == "off" } == "on" }

    private static func splitSelectors(_ rules: [ByteString]) -> ([ByteString], [[ByteString]])? {
        var plain: [ByteString] = []
        var selectors: [[ByteString]] = []
        var open: [ByteString]?
        for rule in rules {
            var word = rule.bytes[...]
            if open == nil, word.first == UInt8(ascii: "(") {
                open = []
                word = word.dropFirst()
            }
            guard open != nil else {
                plain.append(rule)
                continue
            }
            // A pattern may end in ")"; the list always prints a selector's commands last, and no command does.
            let closes = word.last == UInt8(ascii: ")") && ACLSelector.isCommandRule(ByteString(word))
            if closes { word = word.dropLast() }
            if !word.isEmpty { open?.append(ByteString(word)) }
            if closes {
                selectors.append(open ?? [])
                open = nil
            }
        }
        return open == nil ? (plain, selectors) : nil
    }
}

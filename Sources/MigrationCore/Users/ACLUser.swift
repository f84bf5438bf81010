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
    /// What the tool has left in its rules; it stands in none of the others.
    package let mark: UserMark?
    /// Its server's commands say that it may run none that writes, which its rules may not show: a 6.2 prints what a fence
    /// has left of a user as categories, and each of their writes taken one by one.
    package var runsNoWrites = false

    /// Reads a line of `ACL LIST`; nil where it is none.
    package init?(listLine: ByteString) {
        let words = listLine.bytes.split(separator: UInt8(ascii: " ")).map(ByteString.init)
        guard words.count >= 2, words[0] == "user" else { return nil }
        self.init(name: words[1], rules: Array(words[2...]))
    }

    /// `rules` are words as the list prints them or arguments of `ACL SETUSER`, where a whole `(…)` is one.
    package init?(name: ByteString, rules: [ByteString]) {
        guard let (plain, selectors) = Self.splitSelectors(rules.flatMap(\.words)) else { return nil }
        self.name = name
        var marks: [UserMark] = []
        root = ACLSelector(rules: plain).without(&marks)
        self.selectors = selectors.compactMap { rules in
            let found = marks.count
            let selector = ACLSelector(rules: rules).without(&marks)
            return marks.count > found && selector.patterns.isEmpty ? nil : selector
        }
        mark = marks.last
        login = plain.filter { !ACLSelector.isRule($0) }
    }

    /// The root and the selectors: a command is allowed where one of them allows all of it.
    package var grants: [ACLSelector] { [root] + selectors }

    package var patterns: [KeyPattern] { grants.flatMap(\.patterns) }

    static let loginFlags: Set<ByteString> = ["on", "off", "nopass"]

    /// All that says who may log in as this user, and how; the same from `ACL LIST` and from `ACL GETUSER`.
    package var logins: Set<ByteString> {
        Set(login.filter { Self.loginFlags.contains($0) || $0.hasPrefix("#") })
    }

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

extension ACLSelector {
    static func isRule(_ word: ByteString) -> Bool {
        isKeyRule(word) || isChannelRule(word) || isDatabaseRule(word) || isCommandRule(word)
    }

    /// Without the tool's marks, which are added to `marks`.
    fileprivate func without(_ marks: inout [UserMark]) -> ACLSelector {
        var rest = self
        rest.keys = keys.filter { rule in
            guard let mark = UserMark(rule: rule) else { return true }
            marks.append(mark)
            return false
        }
        return rest
    }
}

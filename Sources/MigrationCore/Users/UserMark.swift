import RESP

/// What the tool leaves in the rules of a user that it has changed: a key pattern that no key matches, in a place where
/// it grants nothing. `ACL SAVE` keeps it, so whoever finds the user later knows whose the change is and what was taken,
/// without a journal. It never holds a password or its hash.
package enum UserMark: Hashable, Sendable {
    /// Made read-only at the source by this migration. `rules` are key rules, command rules and selectors that make the
    /// user what it was: a selector's words stand for themselves.
    case fence(migration: String, rules: [ByteString])
    /// Made at the target by this migration, without write access until its switch.
    case copy(migration: String)

    private static let fencePrefix: ByteString = "__ferrite_migrate:fence:"
    private static let copyPrefix: ByteString = "__ferrite_migrate:copy:"

    package var migration: String {
        switch self {
        case .fence(let migration, _), .copy(let migration): migration
        }
    }

    /// - Parameter rules: Arguments of `ACL SETUSER`, where a whole `(…)` may be one.
    package static func fence(by migration: String, of rules: [ByteString]) -> UserMark {
        .fence(migration: migration, rules: rules.flatMap(\.words))
    }

    /// Reads a key rule; nil where it is any other.
    package init?(rule: ByteString) {
        guard let pattern = KeyPattern(rule: rule)?.pattern else { return nil }
        if pattern.hasPrefix(Self.copyPrefix) {
            let id = ByteString(pattern.bytes.dropFirst(Self.copyPrefix.count))
            guard id.isMigration else { return nil }
            self = .copy(migration: id.text)
        } else if pattern.hasPrefix(Self.fencePrefix) {
            let rest = pattern.bytes.dropFirst(Self.fencePrefix.count)
            guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let id = ByteString(rest[..<colon])
            guard id.isMigration, let rules = Self.decode(rest[(colon + 1)...]) else { return nil }
            self = .fence(migration: id.text, rules: rules)
        } else {
            return nil
        }
    }

    package var pattern: ByteString {
        switch self {
        case .copy(let migration): ByteString(Self.copyPrefix.bytes + migration.utf8)
        case .fence(let migration, let rules):
            ByteString(Self.fencePrefix.bytes + migration.utf8 + [UInt8(ascii: ":")] + Self.encode(rules))
        }
    }

    /// As an argument of `ACL SETUSER`. A selector without commands grants nothing; a server that knows none gets a
    /// pattern for keys that do not exist.
    package func argument(_ dialect: ACLDialect) -> ByteString {
        switch dialect {
        case .keyPermissions:
            ACLSelector(keys: [pattern.prefixed("%R~")], channels: ["resetchannels"], commands: ["-@all"]).argument
        case .patternsOnly: pattern.prefixed("~")
        }
    }
}

// MARK: - What was taken, as one word

extension UserMark {
    /// Bytes that mean nothing to whatever splits rules into words: neither quotes nor brackets.
    private static let plain = Set(
        Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+@|~:*./%&".utf8)
    )

    /// Words are joined by commas; every other byte is `=` and two hexadecimal digits.
    private static func encode(_ rules: [ByteString]) -> [UInt8] {
        Array(
            rules.map { rule in
                rule.bytes.flatMap { byte -> [UInt8] in
                    if plain.contains(byte) { return [byte] }
                    let digits = String(byte, radix: 16)
                    return Array("=\(digits.count == 1 ? "0" : "")\(digits)".utf8)
                }
            }.joined(separator: [UInt8(ascii: ",")])
        )
    }

    private static func decode(_ text: some Collection<UInt8>) -> [ByteString]? {
        var rules: [ByteString] = []
        for word in text.split(separator: UInt8(ascii: ",")) {
            var bytes: [UInt8] = []
            var rest = word[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "=") else {
                    bytes.append(byte)
                    continue
                }
                guard let value = UInt8(hexadecimal: rest.prefix(2)) else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            }
            rules.append(ByteString(bytes))
        }
        return rules
    }
}

extension ByteString {
    /// Split at spaces, as a server does with the rules that it is given.
    var words: [ByteString] { bytes.split(separator: UInt8(ascii: " ")).map { ByteString($0) } }

    /// `mig_` and letters and digits.
    fileprivate var isMigration: Bool {
        let digits = bytes.dropFirst(4)
        return hasPrefix("mig_") && !digits.isEmpty
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    }
}

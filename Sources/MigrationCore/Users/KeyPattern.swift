import RESP

/// One key rule of an ACL user: what it lets the user do, and with which keys.
package struct KeyPattern: Equatable, Sendable {
    package var reads: Bool
    package var writes: Bool
    package var pattern: String

    /// Reads `~pattern`, `%R~pattern`, `%W~pattern`, `%RW~pattern` or `allkeys`.
    package init?(rule: String) {
        if rule == "allkeys" {
            self.init(reads: true, writes: true, pattern: "*")
        } else if rule.hasPrefix("~") {
            self.init(reads: true, writes: true, pattern: String(rule.dropFirst()))
        } else if rule.hasPrefix("%"), let tilde = rule.firstIndex(of: "~") {
            let flags = rule[..<tilde].dropFirst().uppercased()
            let pattern = String(rule[rule.index(after: tilde)...])
            self.init(reads: flags.contains("R"), writes: flags.contains("W"), pattern: pattern)
        } else {
            return nil
        }
    }

    package init(reads: Bool, writes: Bool, pattern: String) {
        self.reads = reads
        self.writes = writes
        self.pattern = pattern
    }

    package var rule: String {
        switch (reads, writes) {
        case (true, true): "~\(pattern)"
        case (true, false): "%R~\(pattern)"
        case (false, _): "%W~\(pattern)"
        }
    }

    /// Whether every key that this pattern matches starts with the tenant's prefix. The pattern's literal beginning
    /// decides; `\x` is the literal `x` (util.c, stringmatchlen).
    package func isWithin(_ scope: TenantScope) -> Bool {
        var literal: [UInt8] = []
        var rest = pattern.utf8[...]
        while let byte = rest.popFirst(), literal.count < scope.prefix.count {
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["): return false
            case UInt8(ascii: "\\"):
                literal.append(rest.popFirst() ?? byte)
            default: literal.append(byte)
            }
        }
        return literal == scope.prefix.bytes
    }

    /// Whether some key of the tenant may match: the pattern's literal beginning and the prefix do not contradict.
    package func mayMatchKeys(of scope: TenantScope) -> Bool {
        var prefix = scope.prefix.bytes[...]
        var rest = pattern.utf8[...]
        while let byte = rest.popFirst() {
            guard let expected = prefix.popFirst() else { return true }
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "["): return true
            case UInt8(ascii: "?"): continue
            case UInt8(ascii: "\\"):
                if (rest.popFirst() ?? byte) != expected { return false }
            default:
                if byte != expected { return false }
            }
        }
        return false
    }
}

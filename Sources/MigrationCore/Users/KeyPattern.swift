import RESP

/// One key rule of an ACL user: what it lets the user do, and with which keys.
package struct KeyPattern: Equatable, Sendable {
    package var reads: Bool
    package var writes: Bool
    /// A glob as util.c's `stringmatchlen` reads it.
    package var pattern: ByteString

    /// Reads `~pattern`, `%R~pattern`, `%W~pattern`, `%RW~pattern` or `allkeys`.
    package init?(rule: ByteString) {
        let bytes = rule.bytes
        if rule == "allkeys" {
            self.init(reads: true, writes: true, pattern: "*")
        } else if bytes.first == UInt8(ascii: "~") {
            self.init(reads: true, writes: true, pattern: ByteString(bytes[1...]))
        } else if bytes.first == UInt8(ascii: "%"), let tilde = bytes.firstIndex(of: UInt8(ascii: "~")) {
            let flags = ByteString(bytes[1..<tilde]).text.uppercased()
            let pattern = ByteString(bytes[(tilde + 1)...])
            self.init(reads: flags.contains("R"), writes: flags.contains("W"), pattern: pattern)
        } else {
            return nil
        }
    }

    package init(reads: Bool, writes: Bool, pattern: ByteString) {
        self.reads = reads
        self.writes = writes
        self.pattern = pattern
    }

    package var rule: ByteString {
        switch (reads, writes) {
        case (true, true): pattern.prefixed("~")
        case (true, false): pattern.prefixed("%R~")
        case (false, _): pattern.prefixed("%W~")
        }
    }

    /// Whether every key that this pattern matches starts with the tenant's prefix. The pattern's literal beginning
    /// decides; `\x` is the literal `x`.
    package func isWithin(_ scope: TenantScope) -> Bool {
        var literal: [UInt8] = []
        var rest = pattern.bytes[...]
        while literal.count < scope.prefix.count, let byte = rest.popFirst() {
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
        var rest = pattern.bytes[...]
        while let expected = prefix.popFirst() {
            guard let byte = rest.popFirst() else { return false }
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "["): return true
            case UInt8(ascii: "?"): continue
            case UInt8(ascii: "\\"):
                if (rest.popFirst() ?? byte) != expected { return false }
            default:
                if byte != expected { return false }
            }
        }
        return true
    }

    /// A key that the pattern matches, to try a rule with; nil where a bracket stands in it.
    package var sampleKey: ByteString? {
        var key: [UInt8] = []
        var rest = pattern.bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "["): return nil
            case UInt8(ascii: "*"): continue
            case UInt8(ascii: "?"): key.append(UInt8(ascii: "x"))
            case UInt8(ascii: "\\"): key.append(rest.popFirst() ?? byte)
            default: key.append(byte)
            }
        }
        return ByteString(key)
    }
}

extension ByteString {
    func prefixed(_ prefix: ByteString) -> ByteString {
        ByteString(prefix.bytes + bytes)
    }
}

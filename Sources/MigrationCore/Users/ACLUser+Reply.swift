import RESP

extension ACLUser {
    /// Reads the answer to `ACL GETUSER`; nil where it is none. Redis 6.2 gives patterns as a list
    /// and without `~`; later ones as rules in one text, as in `ACL LIST`.
    package init?(name: ByteString, getUser reply: RESPValue) {
        guard let flags = reply["flags"]?.elements, let root = Self.rules(reply) else { return nil }
        // What 6.2 counts among the flags of a user stands in its rules too.
        let words = flags.compactMap(\.bytes).filter(Self.loginFlags.contains)
        let login = words + (reply["passwords"]?.elements ?? []).compactMap { $0.bytes?.prefixed("#") }
        let selectors = (reply["selectors"]?.elements ?? []).map(Self.rules)
        guard selectors.allSatisfy({ $0 != nil }) else { return nil }
        let arguments = selectors.compactMap { $0.map { ACLSelector(rules: $0).argument } }
        self.init(name: name, rules: login + root + arguments)
    }

    private static func rules(_ reply: RESPValue) -> [ByteString]? {
        guard let keys = reply["keys"], let commands = reply["commands"]?.bytes else { return nil }
        let patterns = keys.elements?.compactMap { $0.bytes?.prefixed("~") } ?? words(keys.bytes ?? "")
        return patterns + words(commands)
    }

    private static func words(_ text: ByteString) -> [ByteString] {
        text.bytes.split(separator: UInt8(ascii: " ")).map { ByteString($0) }
    }
}

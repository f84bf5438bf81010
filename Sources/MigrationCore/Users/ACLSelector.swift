import RESP

/// A set of rules that grants commands on keys and channels: a user's own, or one of its `(…)` (Redis 7.0 and later).
package struct ACLSelector: Equatable, Sendable {
    /// `~pattern`, `%R~pattern`, `%W~pattern`, `%RW~pattern`, `allkeys`.
    package var keys: [ByteString]
    /// `&pattern`, `allchannels`, `resetchannels`.
    package var channels: [ByteString]
    /// Valkey 9.1: `db=0,3`, `alldbs`, `resetdbs`.
    package var databases: [ByteString]
    /// `+@all`, `-flushall`, `+config|get` …: what each means depends on those before it.
    package var commands: [ByteString]

    package init(
        keys: [ByteString] = [],
        channels: [ByteString] = [],
        databases: [ByteString] = [],
        commands: [ByteString] = []
    ) {
        self.keys = keys
        self.channels = channels
        self.databases = databases
        self.commands = commands
    }

    package init(rules: [ByteString]) {
        keys = rules.filter(Self.isKeyRule)
        channels = rules.filter(Self.isChannelRule)
        databases = rules.filter(Self.isDatabaseRule)
        commands = rules.filter(Self.isCommandRule)
    }

    package var rules: [ByteString] { keys + channels + databases + commands }

    /// The whole selector as one argument of `ACL SETUSER`.
    package var argument: ByteString {
        let words = rules.map(\.bytes).joined(separator: [UInt8(ascii: " ")])
        return ByteString([UInt8(ascii: "(")] + words + [UInt8(ascii: ")")])
    }

    package var patterns: [KeyPattern] { keys.compactMap(KeyPattern.init(rule:)) }

    /// Whether the command rules may let something be written: false only where none of them can.
    package var mayRunWrites: Bool {
        var possible = false
        for rule in commands {
            if Self.withoutWrites.contains(rule) {
                possible = false
            } else if rule.hasPrefix("+"), !Self.harmless.contains(rule) {
                possible = true
            } else if rule == "allcommands" {
                possible = true
            }
        }
        return possible
    }

    /// Whether a command may write some key of the tenant through these rules.
    package func mayWriteKeys(of scope: TenantScope) -> Bool {
        mayRunWrites && patterns.contains { $0.writes && $0.mayMatchKeys(of: scope) }
    }

    static func isKeyRule(_ rule: ByteString) -> Bool {
        rule.hasPrefix("~") || rule.hasPrefix("%") || rule == "allkeys" || rule == "resetkeys"
    }

    static func isChannelRule(_ rule: ByteString) -> Bool {
        rule.hasPrefix("&") || rule == "allchannels" || rule == "resetchannels"
    }

    static func isDatabaseRule(_ rule: ByteString) -> Bool {
        rule.hasPrefix("db=") || rule == "alldbs" || rule == "resetdbs"
    }

    static func isCommandRule(_ rule: ByteString) -> Bool {
        rule.hasPrefix("+") || rule.hasPrefix("-") || rule == "allcommands" || rule == "nocommands"
    }

    private static let withoutWrites: Set<ByteString> = ["-@all", "nocommands", "-@write"]

    /// What monitoring users are usually given. Leaving one out only makes the tool name a user that cannot write.
    private static let harmless: Set<ByteString> = [
        "+@read", "+@connection", "+@pubsub", "+@transaction", "+auth", "+hello", "+ping", "+echo", "+quit", "+select",
        "+info", "+get", "+mget", "+exists", "+type", "+ttl", "+pttl", "+scan", "+dbsize", "+dump", "+keys", "+role",
        "+client", "+command", "+config|get", "+slowlog", "+latency", "+memory", "+monitor", "+publish", "+subscribe",
        "+psubscribe", "+unsubscribe", "+punsubscribe", "+psync", "+replconf", "+sync", "+time", "+lastsave",
    ]
}

import MigrationCore
import RESP

/// What changes keys without a notification.
enum SilentChange: Equatable, Sendable {
    /// By which command, as far as that is known.
    case cleared(String)
    case doubted(by: String, [KeyName])
    /// Nobody can say of which keys.
    case allDoubted(by: String)
}

/// Looks for such changes in what a server counts: INFO commandstats counts commands inside MULTI and scripts too.
struct CommandWatch: Sendable {
    struct Finding: Equatable, Sendable {
        /// The command that emptied or exchanged databases; `reset` where that cannot be told any more.
        var clearing: String?
        var usedGroups = false
        /// One that may change keys without a notification, of a module or of a type that the tool does not know.
        var silent: String?
    }

    /// What makes the counters fall.
    static let reset = "CONFIG RESETSTAT"
    private static let clearing = ["flushall", "flushdb", "swapdb"]
    private static let grouping = ["xreadgroup", "xack", "xclaim", "xautoclaim", "xackdel", "xdelex"]
    /// These fall only when the counters are set back.
    private static let rising = ["total_commands_processed", "total_connections_received"]

    private struct Counts: Equatable {
        var clearings: [Int]
        /// Whole lines: a server before 7.0 adds only the time when a command that waited is served.
        var groups: [String?]
        /// Whole lines, too, of commands that may be silent.
        var silent: [String: String]
        var rising: [Int]
    }

    private var last: Counts?

    /// What the server says of its commands.
    var known = KnownCommands()

    /// - Parameters:
    ///   - commands: INFO commandstats.
    ///   - stats: INFO stats.
    /// - Returns: What has happened since the last call; nothing at the first.
    mutating func observe(commands: ServerInfo, stats: ServerInfo) -> Finding {
        let now = Counts(
            clearings: (Self.clearing + ["info"]).map { commands.calls(of: $0) },
            groups: Self.grouping.map { commands["cmdstat_\($0)"] },
            silent: commands.fields(after: "cmdstat_").filter { known.mayBeSilent($0.key.command) },
            rising: Self.rising.map { stats.integer($0) ?? 0 }
        )
        defer { last = now }
        guard let last else { return Finding() }
        let fell = zip(now.clearings + now.rising, last.clearings + last.rising).contains { $0 < $1 }
        let silent = now.silent.first { last.silent[$0.key] != $0.value }?.key
        if fell { return Finding(clearing: Self.reset, usedGroups: true, silent: silent?.uppercased()) }
        let rose = Self.clearing.indices.first { now.clearings[$0] > last.clearings[$0] }
        return Finding(
            clearing: rose.map { Self.clearing[$0].uppercased() },
            usedGroups: now.groups != last.groups,
            silent: silent?.uppercased()
        )
    }
}

extension String {
    /// `config|get` is a subcommand's line.
    fileprivate var command: ByteString { ByteString(String(prefix { $0 != "|" })) }
}

extension ServerInfo {
    /// `cmdstat_set:calls=12,usec=…`; 0 for a command that was never called.
    func calls(of command: String) -> Int {
        guard let line = self["cmdstat_\(command)"], line.hasPrefix("calls=") else { return 0 }
        return Int(line.dropFirst(6).prefix { $0 != "," }) ?? 0
    }
}

import MigrationCore
import RESP
import Testing

@testable import MigrationEngine

@Suite struct CommandWatchTests {
    /// A server whose counters stand so; `commands` are lines without `cmdstat_`.
    private struct Counters {
        var commands: [String: String]
        var total = 1000

        var info: (commands: ServerInfo, stats: ServerInfo) {
            let lines = commands.map { "cmdstat_\($0.key):\($0.value)" }.joined(separator: "\r\n")
            return (
                ServerInfo("# Commandstats\r\n\(lines)\r\n"),
                ServerInfo("total_commands_processed:\(total)\r\ntotal_connections_received:3\r\n")
            )
        }
    }

    private static let start = ["info": "calls=9,usec=1", "flushall": "calls=2,usec=5", "xack": "calls=1,usec=1"]

    private func findings(_ steps: [Counters]) -> [CommandWatch.Finding] {
        var watch = CommandWatch()
        return steps.map { watch.observe(commands: $0.info.commands, stats: $0.info.stats) }
    }

    @Test func whatWasBeforeTheFirstLookIsNoNews() {
        let nothing = CommandWatch.Finding()
        #expect(findings([Counters(commands: Self.start), Counters(commands: Self.start)]) == [nothing, nothing])
    }

    @Test(arguments: [
        ("flushall", "calls=3,usec=6", "FLUSHALL", false), ("flushdb", "calls=1,usec=1", "FLUSHDB", false),
        ("swapdb", "calls=1,usec=1", "SWAPDB", false), ("info", "calls=8,usec=1", "CONFIG RESETSTAT", true),
        ("flushall", "calls=1,usec=1", "CONFIG RESETSTAT", true), ("xack", "calls=2,usec=3", nil, true),
        // A server before 7.0 counts a command that waited only once, and adds its time when it is served.
        ("xack", "calls=1,usec=9", nil, true), ("xreadgroup", "calls=1,usec=1", nil, true),
        ("xclaim", "calls=1,usec=1", nil, true), ("xautoclaim", "calls=1,usec=1", nil, true),
        ("set", "calls=99,usec=1", nil, false), ("flushall", "nonsense", "CONFIG RESETSTAT", true),
    ])
    func whatACounterSays(command: String, line: String, clearing: String?, usedGroups: Bool) {
        var now = Counters(commands: Self.start)
        now.commands[command] = line
        let found = findings([Counters(commands: Self.start), now, now])
        #expect(found[1] == CommandWatch.Finding(clearing: clearing, usedGroups: usedGroups))
        #expect(found[2] == CommandWatch.Finding())
    }

    /// Vector sets notify nobody, and modules do as they like; what only reads changes nothing.
    @Test(arguments: [
        ("vadd", "VADD"), ("vsetattr", "VSETATTR"), ("vcard", nil), ("bf.add", "BF.ADD"), ("bf.exists", nil),
        ("json.set", nil), ("ts.add", nil), ("my.write", "MY.WRITE"), ("my.container|write", "MY.CONTAINER|WRITE"),
        ("config|get", nil), ("eval", nil), ("copy", nil), ("select", nil),
    ])
    func whatMayChangeAKeyInSilence(command: String, silent: String?) {
        let table = RESPValue.array(
            ["bf.exists", "bf.add"].map { name in
                let flags: [RESPValue] = [.string(name == "bf.add" ? "write" : "readonly")]
                return .array([
                    .string(ByteString(name)), .integer(-3), .array(flags), .integer(1), .integer(1), .integer(1),
                ])
            }
        )
        var watch = CommandWatch()
        watch.known = KnownCommands(table: table)
        let (before, after) = (Counters(commands: Self.start), Counters(commands: [command: "calls=1,usec=1"]))
        _ = watch.observe(commands: before.info.commands, stats: before.info.stats)
        var now = before
        now.commands.merge(after.commands) { $1 }
        #expect(watch.observe(commands: now.info.commands, stats: now.info.stats).silent == silent)
        #expect(watch.observe(commands: now.info.commands, stats: now.info.stats).silent == nil)
    }

    /// As many FLUSHALLs as before, but since the counters were set back.
    @Test func countersThatBeganAnew() {
        let found = findings([Counters(commands: Self.start), Counters(commands: Self.start, total: 999)])
        #expect(found[1].clearing == "CONFIG RESETSTAT")
    }
}

import MigrationCore
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

    /// As many FLUSHALLs as before, but since the counters were set back.
    @Test func countersThatBeganAnew() {
        let found = findings([Counters(commands: Self.start), Counters(commands: Self.start, total: 999)])
        #expect(found[1].clearing == "CONFIG RESETSTAT")
    }
}

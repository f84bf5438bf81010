import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

/// Commands of the tool's own that a server does not have, or under another name: as docs/permissions.md says it.
@Suite(.serialized) struct MissingCommandTests {
    private static func without(_ commands: [String]) -> [String] {
        commands.map { "rename-command \($0) \"\"" }
    }

    /// Each that is needed is named before anything begins.
    @Test func whatIsNeededIsNamed() async throws {
        let atSource = [
            "SCAN", "MGET", "DUMP", "PEXPIRETIME", "TYPE", "MEMORY", "CLIENT", "PUBLISH", "ACL", "XINFO", "TIME",
        ]
        let atTarget = ["SCAN", "SET", "RESTORE", "UNLINK", "DUMP", "TYPE", "CLIENT", "ACL", "GET", "PEXPIRETIME"]
        let (source, target) = try await offPool {
            (
                try RedisServer(settings: Self.without(atSource)),
                try RedisServer(settings: Self.without(atTarget))
            )
        }
        defer {
            source.stop()
            target.stop()
        }
        let report = try await ValidationStage(source, target).report()
        let text = try #require(report[.permissions]?.text)
        #expect(report[.permissions]?.state == .fail && !report.canStart)
        let sides = text.split(separator: "target ", maxSplits: 1)
        try #require(sides.count == 2, "\(text)")
        for command in atSource { #expect(sides[0].contains(command), "\(command): \(text)") }
        for command in atTarget { #expect(sides[1].contains(command), "\(command): \(text)") }
    }

    @Test func aFeedNeedsToKnowWhereTheStreamStands() async throws {
        let settings = Self.without(["PSYNC", "SYNC", "PSUBSCRIBE"])
        let (source, target) = try await offPool { (try RedisServer(settings: settings), try RedisServer()) }
        defer {
            source.stop()
            target.stop()
        }
        try source.call("SET", "__tenant:acme:k", "v")
        let report = try await ValidationStage(source, target).report()
        #expect(report[.changeFeed]?.state == .fail, "\(report[.changeFeed]?.text ?? "")")
    }

    /// What is only better to have is done without, from the first check to the comparison across the switch.
    @Test func whatIsBetterToHaveIsDoneWithout() async throws {
        let optional = ["COMMAND", "CONFIG", "DEBUG", "MEMORY", "OBJECT", "PUBSUB", "LATENCY", "SLOWLOG", "MULTI"]
        let options = MigrationStage.Options(
            keys: 300,
            sourceSettings: Self.without(optional),
            targetSettings: Self.without(optional + ["CLIENT"])
        )
        try await MigrationStage.run(options) { stage in
            #expect(try await ValidationStage(stage.source, stage.target).report()[.permissions]?.state == .warning)
            // The tests' own writer needs MULTI.
            let writer = Repeater(stage.source.endpoint, pause: 1000) { socket, round in
                try socket.call("SET", "__tenant:acme:k\(round % 50)", round)
            }
            try await stage.wait(for: .liveSync)
            #expect(try await eventually { writer.rounds > 100 })
            try await writer.stop()
            try await stage.expectEqual()
            try await stage.switchOver()
            let report = try await stage.report()
            #expect(report.differenceCount == 0, "\(report.differences)")
        }
    }

    /// Nobody is stopped for a fence that cannot be.
    @Test func aPauseThatIsNotThereIsFoundBeforeTheFence() async throws {
        let options = MigrationStage.Options(keys: 50, sourceSettings: Self.without(["CLIENT"]))
        try await MigrationStage.run(options) { stage in
            try await stage.wait(for: .liveSync)
            guard case .back(let failure) = try await stage.cutover({ $0.fence = .pause }) else {
                Issue.record("it was switched")
                return
            }
            #expect(failure.message.hasPrefix("preparing the fence: "), "\(failure.message)")
            // Without a fence of the tool's nothing of it is needed.
            try await stage.switchOver { $0.fence = .none }
            #expect(try await stage.report().differenceCount == 0)
        }
    }
}

import Foundation
import MigrationTestSupport
import Testing

/// The binary at a real terminal: what a person sees there.
@Suite(.serialized) struct TerminalTests {
    private func screen(_ terminal: ToolTerminal, _ columns: Int, _ rows: Int, _ text: String? = nil) -> [String] {
        let screen = TerminalScreen(columns: columns, rows: rows, text ?? terminal.text)
        #expect(screen.unknown.isEmpty && screen.isCursorVisible, "\(screen.unknown)")
        return screen.lines
    }

    private func start(
        _ stage: CommandStage,
        _ arguments: [String],
        _ columns: Int,
        _ rows: Int
    ) throws -> ToolTerminal {
        let environment = stage.tool.environment.merging(["NO_COLOR": ""]) { $1 }
        return try ToolTerminal(
            path: stage.tool.program,
            arguments: arguments,
            environment: environment,
            rows: UInt16(rows),
            columns: UInt16(columns)
        )
    }

    @Test func watchIsRedrawnAndItsLastStateStays() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let terminal = try start(stage, ["status", id, "--watch"], 100, 40)
            #expect(terminal.wait(for: "live_sync") != nil)
            _ = try stage.tool.json(["cutover", id, "--until-verified"])
            #expect(terminal.waitForEnd() == 0)
            let lines = screen(terminal, 100, 40)
            #expect(lines.filter { $0.hasPrefix("migration id") }.count == 1, "\(lines)")
            #expect(lines.contains { $0.hasPrefix("phase ") && $0.hasSuffix("completed") }, "\(lines)")
            #expect(!lines.contains { $0.contains("live_sync") })
            #expect(terminal.text.contains("\u{1B}[32mcompleted"), "colour on a terminal")
        }
    }

    /// Three migrations on four rows of twenty columns.
    @Test func aTableThatIsTooLargeIsCut() throws {
        try CommandStage.run(keys: 20) { stage in
            _ = try stage.migrate()
            for tenant in ["beta", "gamma"] {
                try TenantSeed(tenant: tenant, keys: 5).write(to: stage.source.endpoint)
                _ = try stage.tool.migrate(tenant, ["--wait", "live_sync"])
            }
            let terminal = try start(stage, ["status", "ALL", "--watch"], 20, 4)
            #expect(terminal.wait(for: "more lines") != nil)
            usleep(1_600_000)
            terminal.type("\u{3}")
            #expect(terminal.waitForEnd() == 130)
            let lines = screen(terminal, 20, 4)
            #expect(lines.prefix(1) == ["migration id    phas"], "\(lines)")
            #expect(lines.count <= 4 && lines.contains("… and 2 more lines"), "\(lines)")
            #expect(lines.allSatisfy { $0.count <= 20 })
        }
    }

    @Test func twentyColumnsShowAStatusWhole() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let terminal = try start(stage, ["status", id, "--watch"], 20, 40)
            #expect(terminal.wait(for: "lag keys") != nil)
            usleep(1_200_000)
            terminal.type("\u{3}")
            #expect(terminal.waitForEnd() == 130)
            let lines = screen(terminal, 20, 40)
            #expect(lines.joined().contains(id) && lines.joined().contains("live_sync"), "\(lines)")
            #expect(lines.filter { $0.hasPrefix("migration id") }.count == 1, "\(lines)")
        }
    }

    @Test func aResizedTerminalIsDrawnAnew() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let terminal = try start(stage, ["status", id, "--watch"], 100, 40)
            #expect(terminal.wait(for: "live_sync") != nil)
            terminal.resize(rows: 8, columns: 30)
            #expect(terminal.wait(for: "\u{1B}[H\u{1B}[2J") != nil)
            usleep(1_200_000)
            terminal.type("\u{3}")
            #expect(terminal.waitForEnd() == 130)
            let after = terminal.text.components(separatedBy: "\u{1B}[H\u{1B}[2J").last ?? ""
            let lines = screen(terminal, 30, 8, after)
            #expect(lines.first?.hasPrefix("migration id") == true, "\(lines)")
            #expect(lines.filter { $0.hasPrefix("tenant") }.count == 1, "\(lines)")
            #expect(lines.contains { $0.hasPrefix("… and ") }, "\(lines)")
        }
    }

    @Test(arguments: [20, 80])
    func theBarIsOneLine(columns: Int) throws {
        try CommandStage.run(keys: 20_000) { stage in
            let migrate = stage.tool.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"])
            let terminal = try start(stage, migrate, columns, 24)
            #expect(terminal.waitForEnd() == 0)
            let lines = screen(terminal, columns, 24)
            let bar = try #require(lines.first { $0.hasPrefix("live_sync ") }, "\(lines)")
            #expect(bar.contains("100%") && bar.count < columns, "\(lines)")
            #expect(columns == 20 || bar.contains("20,000/20,000 keys") && bar.contains("lag "), "\(bar)")
            #expect(lines.filter { $0.contains("%") && !$0.hasPrefix("progress") }.count == 1, "\(lines)")
            #expect(lines.contains { $0.hasPrefix("migration id") }, "the result stands below")
        }
    }

    /// The error stands on a line of its own below the bar.
    @Test func controlCEndsTheForeground() throws {
        try CommandStage.run { stage in
            let migrate = stage.tool.migrateArguments(CommandStage.tenant, ["--foreground"])
            let terminal = try start(stage, migrate, 80, 40)
            #expect(terminal.wait(for: "live_sync") != nil)
            terminal.type("\u{3}")
            #expect(terminal.waitForEnd() == 1)
            let lines = screen(terminal, 80, 40)
            #expect(lines.contains { $0.hasPrefix("ferrite-migrate: mig_") }, "\(lines)")
            #expect(stage.tool.processes.isEmpty)
        }
    }

    @Test func aDumbTerminalGetsLines() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let environment = stage.tool.environment.merging(["TERM": "dumb"]) { $1 }
            let terminal = try ToolTerminal(
                path: stage.tool.program,
                arguments: ["status", id, "--watch"],
                environment: environment
            )
            #expect(terminal.wait(for: "phase: live_sync") != nil)
            terminal.type("\u{3}")
            #expect(terminal.waitForEnd() == 130)
            #expect(!terminal.text.contains("\u{1B}"))
        }
    }

    @Test func jsonAndQuietShowNoProgress() throws {
        try CommandStage.run { stage in
            let migrate = stage.tool.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"])
            let terminal = try start(stage, migrate + ["--format", "json"], 80, 24)
            #expect(terminal.waitForEnd() == 0)
            let lines = terminal.text.split(whereSeparator: \.isNewline)
            try SchemaHolder.hold(try #require(lines.last), "migrate")
            try SchemaHolder.holdErrors(lines.dropLast().joined(separator: "\n"))
            _ = try stage.tool.json(["cancel", stage.migrations[0]])
            let quiet = try start(stage, migrate + ["--quiet"], 80, 24)
            #expect(quiet.waitForEnd() == 0)
            #expect(!quiet.text.contains("\r\u{1B}") && quiet.text.hasPrefix("\u{1B}[2mmigration id"), "\(quiet.text)")
        }
    }
}

import ArgumentParser
import FoundationEssentials
import Logging
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

@Suite struct WorkerLogTests {
    private let pairs = [(name: "phase", text: "live\nsync"), (name: "time", text: "5 \"s\"")]

    private func line(_ format: LogFormat) -> String {
        WorkerLog.line("an\nevent", .warning, at: Date(timeIntervalSince1970: 1_705_314_600.25), pairs, format)
    }

    @Test func textIsOneLine() {
        #expect(line(.text) == #"2024-01-15T10:30:00.250Z warning an\nevent phase=live\nsync time=5 "s""#)
    }

    @Test func jsonIsOneObject() throws {
        let text = line(.json)
        #expect(!text.contains("\n"))
        let expected: [String: JSONValue] = [
            "time": .text("2024-01-15T10:30:00.250Z"), "level": .text("warning"), "message": .text("an\nevent"),
            "phase": .text("live\nsync"), "time_": .text("5 \"s\""),
        ]
        #expect(try JSONValue(text) == .object(expected))
    }

    /// What a command hands to the processes that it starts is read there.
    @Test func theStyleReachesTheWorker() throws {
        for style in [LogStyle(format: .json, isVerbose: true), LogStyle(format: .text, isVerbose: false)] {
            let words = ["worker", "mig_0000000000", "--journal", "/j"] + style.arguments
            let command = try #require(try FerriteMigrate.parseAsRoot(words) as? WorkerCommand)
            #expect(command.detached.logStyle == style)
        }
    }
}

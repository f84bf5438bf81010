import Foundation
import MigrationTestSupport

/// The built binary, run as a person would, with no settings but those of the test.
enum Tool {
    static let path =
        URL(filePath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "")
        .deletingLastPathComponent().appending(path: "ferrite-migrate").path

    static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> ProgramRun {
        let journal = NSTemporaryDirectory() + "ferrite-journal-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: journal) }
        return try ProgramRun(
            path: path,
            arguments: arguments,
            environment: ["FERRITE_MIGRATE_JOURNAL": journal].merging(environment) { $1 },
            timeout: 30
        )
    }

    /// Runs a line of shell in which `$TOOL` is the binary.
    static func shell(_ line: String) throws -> ProgramRun {
        try ProgramRun(path: "/bin/bash", arguments: ["-c", line], environment: ["TOOL": path], timeout: 30)
    }
}

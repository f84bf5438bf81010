import Foundation
import MigrationTestSupport
import Testing

/// Holds what the tool prints with `--format json` against docs/schema.
struct SchemaHolder {
    let stage: CommandStage

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/schema")

    /// Runs a verb. Standard output must be one line for each of `schemas`, standard error errors, warnings and notices.
    @discardableResult
    func hold(
        _ arguments: [String],
        _ schemas: String...,
        code: Int = 0,
        environment: [String: String] = [:],
        location: SourceLocation = #_sourceLocation
    ) throws -> ProgramRun {
        let run = try stage.tool.run(arguments + ["--format", "json"], environment: environment, timeout: 60)
        #expect(run.code == code, "\(arguments): \(run.output) \(run.errors)", sourceLocation: location)
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == schemas.count, "\(arguments): \(run.output)", sourceLocation: location)
        for (line, schema) in zip(lines, schemas) { try Self.hold(line, schema, location) }
        try Self.holdErrors(run.errors, location)
        return run
    }

    static func hold(_ line: Substring, _ schema: String, _ location: SourceLocation = #_sourceLocation) throws {
        let schema = try JSONSchema(file: folder.appending(path: "\(schema).json"))
        let problems = try schema.problems(of: JSONValue(String(line)))
        #expect(problems.isEmpty, "\(problems) in \(line)", sourceLocation: location)
    }

    /// Every line of standard error is an object of one of three kinds.
    static func holdErrors(_ text: String, _ location: SourceLocation = #_sourceLocation) throws {
        for line in text.split(separator: "\n") {
            let kinds = ["error", "warning", "notice"]
            let kind = kinds.first { ToolAnswer(String(line)).names.contains($0) }
            try hold(line, try #require(kind, "\(line)", sourceLocation: location), location)
        }
    }
}

import Foundation
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

@Suite struct HistoryTests {
    private func keeps(_ line: String) -> Bool {
        var parser = LineParser()
        let words = (try? parser.take(line.utf8)) == nil ? nil : try? parser.finish()
        return HistoryFilter.keeps(line, words)
    }

    @Test(arguments: [
        "status ALL", "migrate acme --target h:1", "migrate acme --source redis://app@h:1 --target h:2", "status \"",
        "TENANT.MIGRATE acme TARGET h:1 SOURCE redis://app@h:2", "# a@b", "migrate é",
    ])
    func kept(line: String) { #expect(keeps(line)) }

    @Test(arguments: [
        "", "   ", "migrate a --target redis://app:pw@h:1", "migrate a --target=redis://app:pw@h:1", "x app:pw@h",
        "migrate a --target 'redis://app:p w@h'", #"migrate a --target "redis://app:p w@h"#, #"x "app\x3apw\x40h""#,
        "migrate a --source h:1,redis://app:pw@h:2", "x --source-password-file f", "x --Source-Password f",
        "TENANT.MIGRATE a SOURCE_PASSWORD_FILE f", "FERRITE_MIGRATE_SOURCE_PASSWORD=x", "a\u{1B}[2J", "redis://:pw@h",
        #"x "pass\x77ord""#,
    ])
    func notKept(line: String) { #expect(!keeps(line)) }

    /// Prompts that add and cut at the same moment lose nothing of each other's.
    @Test func manyAtOnce() async throws {
        let folder = try TemporaryFolder()
        let file = HistoryFile(path: folder.file("history"))
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for index in 0..<200 {
                        try? file.append("line \(writer) \(index)")
                        if index % 50 == 0 { _ = try? file.load() }
                    }
                }
            }
        }
        let lines = try file.load()
        #expect(Set(lines).count == 800 && lines.count == 800)
        for writer in 0..<4 {
            #expect(lines.filter { $0.hasPrefix("line \(writer) ") } == (0..<200).map { "line \(writer) \($0)" })
        }
    }

    @Test func bytesOfOthers() throws {
        let folder = try TemporaryFolder()
        let file = HistoryFile(path: folder.file("history"))
        try Data([0xFF, 0xFE, 0x0A] + Array("good\n\u{1B}[2J\n\nlast".utf8)).write(to: URL(filePath: file.path))
        #expect(try file.load() == ["good", "last"])
        #expect(try HistoryFile(path: folder.file("none")).load() == [])
        #expect(throws: HistoryFile.Failure.self) { try HistoryFile(path: folder.path).load() }
        link(file.path, folder.file("second"))
        #expect(throws: HistoryFile.Failure.self) { try file.append("x") }
    }
}

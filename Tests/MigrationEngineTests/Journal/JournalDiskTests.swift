import FoundationEssentials
import Glibc
import MigrationCore
import Testing

@testable import MigrationEngine

/// What the file system refuses.
@Suite struct JournalDiskTests {
    static let canMount = geteuid() == 0 && (try? run("unshare", "--mount", "true")) == 0

    @Test func aFolderThatCannotBeMadeIsNamed() throws {
        let temporary = try TemporaryFolder()
        let file = temporary.path + "/file"
        try Data().write(to: URL(filePath: file))
        for path in [file, file + "/journal", file + "/a/b"] {
            let root = JournalRoot(path: path)
            let error = try #require(throws: JournalError.self) {
                try root.create(Samples.plan(), maxConcurrent: 5, at: Samples.start)
            }
            #expect(error == .system(operation: "create", path: path, code: ENOTDIR))
            #expect(error.failure.kind == .configuration)
            #expect(error.failure.message.contains("\(path): Not a directory; name a folder"))
        }
    }

    @Test(.enabled(if: canMount, "mounting a file system needs root and CAP_SYS_ADMIN"))
    func aReadOnlyFolderIsNamed() throws {
        try withMount("size=64k") { path in
            try #require(try run("mount", "-o", "remount,ro", path) == 0)
            let root = JournalRoot(path: path)
            let error = try #require(throws: JournalError.self) {
                try root.create(Samples.plan(), maxConcurrent: 5, at: Samples.start)
            }
            #expect(error == .system(operation: "open", path: path + "/root.lock", code: EROFS))
            #expect(error.failure.kind == .configuration)
        }
    }

    @Test(.enabled(if: canMount, "mounting a file system needs root and CAP_SYS_ADMIN"))
    func aFullDiskIsAnErrorAndLeavesNoHalfLine() throws {
        try withMount("size=64k") { path in
            let root = JournalRoot(path: path)
            let folder = try root.create(Samples.plan(), maxConcurrent: 5, at: Samples.start).folder
            let (journal, contents) = try Journal.open(folder)
            try journal.writeState(contents.state)
            try Data(repeating: 0x20, count: 32 << 10).write(to: URL(filePath: path + "/ballast"))
            var written = 0
            let full = JournalError.system(operation: "write", path: folder.events, code: ENOSPC)
            #expect(throws: full) {
                while true {
                    try journal.append(.failed(Samples.failure), at: Samples.start)
                    written += 1
                }
            }
            #expect(full.failure.message.contains("No space left on device; free some space"))
            #expect(throws: JournalError.self) { try journal.writeState(contents.state) }
            let after = try JournalContents.read(folder)
            #expect(after.events.count == written + 1)
            #expect(after.warnings.isEmpty)

            unlink(path + "/ballast")
            try journal.append(.stopped(signal: "SIGTERM"), at: Samples.start)
            try journal.writeState(contents.state)
            #expect(try JournalContents.read(folder).events.last?.event == .stopped(signal: "SIGTERM"))
        }
    }

    private func withMount(_ options: String, _ body: (String) throws -> Void) throws {
        let temporary = try TemporaryFolder()
        try #require(try run("mount", "-t", "tmpfs", "-o", options, "tmpfs", temporary.path) == 0)
        defer { _ = try? run("umount", "--lazy", temporary.path) }
        try body(temporary.path)
    }
}

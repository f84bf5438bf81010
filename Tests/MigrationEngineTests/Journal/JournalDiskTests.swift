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
        try withMount("size=512k") { path in
            let root = JournalRoot(path: path)
            let folder = try root.create(Samples.plan(), maxConcurrent: 5, at: Samples.start).folder
            let (journal, contents) = try Journal.open(folder)
            try journal.writeState(contents.state)
            try fill(path)
            try journal.append(.failed(Samples.failure), at: Samples.start)
            let written = try exhaust(journal, folder)
            #expect(written > 500, "that is what the reserve is for")
            #expect(throws: JournalError.self) { try journal.keepReserve() }
            #expect(throws: JournalError.self) { try journal.writeState(contents.state) }
            #expect(folder.fullDisk == "the journal's disk is full: free some space at \(folder.path)")
            let after = try JournalContents.read(folder)
            #expect(after.events.count == written + 2)
            #expect(after.warnings.isEmpty)

            unlink(path + "/ballast")
            try journal.append(.stopped(signal: "SIGTERM"), at: Samples.start)
            try journal.writeState(contents.state)
            #expect(try JournalContents.read(folder).events.last?.event == .stopped(signal: "SIGTERM"))
        }
    }

    /// As a file system does that promises room and does not keep it.
    @Test(.enabled(if: canMount, "mounting a file system needs root and CAP_SYS_ADMIN"))
    func aBrokenPromiseLeavesNoHalfLine() throws {
        try withMount("size=512k") { path in
            let root = JournalRoot(path: path)
            let folder = try root.create(Samples.plan(), maxConcurrent: 5, at: Samples.start).folder
            let (journal, contents) = try Journal.open(folder)
            truncate(folder.events, contents.intactLength)
            try fill(path)
            let full = JournalError.system(operation: "write", path: folder.events, code: ENOSPC)
            #expect(throws: full) {
                for _ in 0..<100 { try journal.append(.failed(Samples.failure), at: Samples.start) }
            }
            #expect(try JournalContents.read(folder).warnings.isEmpty)
        }
    }

    @Test(.enabled(if: canMount, "mounting a file system needs root and CAP_SYS_ADMIN"))
    func theReserveOutlivesTheProcessAndIsGivenBack() throws {
        try withMount("size=512k") { path in
            let root = JournalRoot(path: path)
            let folder = try root.create(Samples.plan(), maxConcurrent: 5, at: Samples.start).folder
            _ = try Journal.open(folder)
            try fill(path)
            let (journal, _) = try Journal.open(folder)
            for _ in 0..<50 { try journal.append(.failed(Samples.failure), at: Samples.start) }
            #expect(try Self.blocks(folder.events) > Journal.reserve / 2)
            journal.giveReserveBack()
            #expect(try Self.blocks(folder.events) < 32 << 10)
        }
    }

    private static func blocks(_ path: String) throws -> Int {
        var information = stat()
        try #require(stat(path, &information) == 0)
        return Int(information.st_blocks) * 512
    }

    /// Appends until nothing more fits, and returns how many events did.
    private func exhaust(_ journal: Journal, _ folder: MigrationFolder) throws -> Int {
        var written = 0
        let full = JournalError.system(operation: "reserve room in", path: folder.events, code: ENOSPC)
        #expect(throws: full) {
            while true {
                try journal.append(.failed(Samples.failure), at: Samples.start)
                written += 1
            }
        }
        #expect(full.failure.message.hasPrefix("the journal's disk is full: cannot reserve room in \(folder.events): "))
        #expect(full.failure(then: "try again").message.hasSuffix("device; free some space there, then try again"))
        return written
    }

    private func fill(_ path: String) throws {
        let descriptor = open(path + "/ballast", O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let page = [UInt8](repeating: 0x20, count: 4096)
        while write(descriptor, page, page.count) > 0 {}
        try #require(errno == ENOSPC)
    }

    private func withMount(_ options: String, _ body: (String) throws -> Void) throws {
        let temporary = try TemporaryFolder()
        try #require(try run("mount", "-t", "tmpfs", "-o", options, "tmpfs", temporary.path) == 0)
        defer { _ = try? run("umount", "--lazy", temporary.path) }
        try body(temporary.path)
    }
}

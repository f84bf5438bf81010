import Glibc

/// The folder of one migration, mode 0700, its files 0600.
package struct MigrationFolder: Hashable, Sendable {
    package let id: String
    package let path: String

    package init(id: String, path: String) {
        self.id = id
        self.path = path
    }

    /// Where it lies.
    package var root: JournalRoot { JournalRoot(path: path + "/..") }

    /// What is true now.
    package var state: String { path + "/state.json" }
    /// What happened, one JSON object a line.
    package var events: String { path + "/events.jsonl" }
    package var workerLog: String { path + "/worker.log" }
    /// Held by the worker for as long as it lives.
    package var lock: String { path + "/lock" }
    /// Held by the process that watches the worker, for as long as it does.
    package var supervisorLock: String { path + "/supervisor.lock" }
    package var controlSocket: String { path + "/control.sock" }

    /// Whether a worker (or another that writes the journal) holds the lock now.
    package var isWorkerAlive: Bool { FileLock.isHeld(lock) }

    /// Whether a worker lives, or a process that is about to start one: the migration's creator or its supervisor.
    package var isLive: Bool { isWorkerAlive || isSupervised || FileLock.isHeld(path) }

    package var isSupervised: Bool { FileLock.isHeld(supervisorLock) }

    /// For people, where the disk has less room than the journal keeps free: then what came last may be written nowhere.
    package var fullDisk: String? {
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else { return nil }
        let free = geteuid() == 0 ? disk.f_bfree : disk.f_bavail
        let hasFiles = disk.f_files == 0 || disk.f_favail > 0
        let isFull = Int(clamping: free) * Int(clamping: disk.f_frsize) < Journal.reserve || !hasFiles
        return isFull ? "the journal's disk is full: free some space at \(path)" : nil
    }

    /// The process that took the lock last; it lives only if `isWorkerAlive`.
    package var workerProcessID: Int? {
        guard let bytes = try? JournalFile.read(lock) else { return nil }
        return Int(String(decoding: bytes.prefix(20).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}

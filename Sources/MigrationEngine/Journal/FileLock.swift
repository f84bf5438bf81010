import Glibc

/// An flock on an open file or folder. It ends when this value does or when the process ends, however it ends.
final class FileLock: Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Takes the lock at once, or returns nil where another has it. The file is created where it is missing.
    static func take(file path: String) throws(JournalError) -> FileLock? {
        let descriptor = try JournalFile.open(path, O_RDWR | O_CREAT, "open")
        // Whoever asks whether the lock is held (`isHeld`) has it shared for an instant: that is not a holder.
        for attempt in 0..<20 {
            if attempt > 0 { usleep(5_000) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return FileLock(descriptor) }
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
        }
        defer { close(descriptor) }
        if errno == EWOULDBLOCK || errno == EINTR { return nil }
        throw JournalFile.error("lock", path)
    }

    /// Waits for the lock: only for those that are held for a moment.
    static func wait(file path: String) throws(JournalError) -> FileLock {
        try wait(try JournalFile.open(path, O_RDWR | O_CREAT, "open"), path)
    }

    static func wait(folder path: String) throws(JournalError) -> FileLock {
        try wait(try JournalFile.open(path, O_RDONLY | O_DIRECTORY, "open"), path)
    }

    private static func wait(_ descriptor: Int32, _ path: String) throws(JournalError) -> FileLock {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                defer { close(descriptor) }
                throw JournalFile.error("lock", path)
            }
        }
        return FileLock(descriptor)
    }

    /// Whether some process has the file or folder locked.
    static func isHeld(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// Says in the file who holds it. It informs; only the lock itself decides. Always of the same length, so that it
    /// takes room on the disk the first time only.
    func writeProcessID(_ path: String) throws(JournalError) {
        var text = Array("\(getpid())\n".utf8)
        text += [UInt8](repeating: UInt8(ascii: " "), count: max(0, 24 - text.count))
        guard pwrite(descriptor, text, text.count, 0) == text.count else { throw JournalFile.error("write", path) }
    }
}

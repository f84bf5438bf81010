import Glibc

/// The prompt's history on the disk: a line each, the last `limit` of them, for its owner alone. Several prompts may
/// add to it at once.
struct HistoryFile {
    static let limit = 1000
    /// What is larger is not a history of this program.
    private static let maximumSize = 64 << 20

    let path: String

    struct Failure: Error, Equatable {
        let message: String
    }

    /// The lines, the oldest first; none where there is no file. What is more than `limit` is removed from the file.
    func load() throws(Failure) -> [String] {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return [] }
        return try locked(O_RDWR) { (file) throws(Failure) in
            let lines = Self.lines(try content(file))
            let kept = lines.suffix(Self.limit)
            if kept.count < lines.count { try replace(file, kept) }
            return Array(kept)
        }
    }

    func append(_ line: String) throws(Failure) {
        try locked(O_RDWR | O_APPEND | O_CREAT) { (file) throws(Failure) in try write(Array("\(line)\n".utf8), to: file)
        }
    }

    /// Opens the file where it is one of this user's own, and keeps other prompts out of it meanwhile.
    private func locked<Value>(_ flags: Int32, _ body: (Int32) throws(Failure) -> Value) throws(Failure) -> Value {
        // A fifo would wait for its other end.
        let file = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o600)
        guard file >= 0 else {
            throw errno == ELOOP ? Failure(message: "\(path) is a symbolic link") : failure("open")
        }
        defer { close(file) }
        var information = stat()
        guard fstat(file, &information) == 0 else { throw failure("look at") }
        guard information.st_mode & S_IFMT == S_IFREG else { throw Failure(message: "\(path) is not a file") }
        guard information.st_uid == geteuid(), information.st_nlink == 1 else {
            throw Failure(message: "\(path) is not this user's own file")
        }
        guard information.st_size <= Self.maximumSize else { throw Failure(message: "\(path) is too large") }
        guard information.st_mode & 0o7777 == 0o600 || fchmod(file, 0o600) == 0 else { throw failure("protect") }
        while flock(file, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("lock") }
        }
        return try body(file)
    }

    private func content(_ file: Int32) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Bytes that are not text, as of another program, are no line.
    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard !line.contains(where: { $0 < 0x20 && $0 != 9 }) else { return nil }
            return String(validating: line, as: UTF8.self)
        }
    }

    /// In place, so that a prompt which waits for the lock has the same file. Cut last: a crash may repeat lines, and
    /// loses none.
    private func replace(_ file: Int32, _ lines: ArraySlice<String>) throws(Failure) {
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        guard lseek(file, 0, SEEK_SET) == 0 else { throw failure("write") }
        try write(bytes, to: file)
        guard ftruncate(file, bytes.count) == 0 else { throw failure("cut") }
    }

    private func write(_ bytes: [UInt8], to file: Int32) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write") }
            rest = rest.dropFirst(count)
        }
    }

    private func failure(_ operation: String) -> Failure {
        Failure(message: "cannot \(operation) \(path): \(String(cString: strerror(errno)))")
    }
}

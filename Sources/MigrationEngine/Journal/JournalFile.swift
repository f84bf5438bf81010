import CSys
import Glibc

/// The few system calls of the journal, each with the path and the errno in its error.
enum JournalFile {
    /// No file of the journal comes near it; what is larger is not read into memory.
    static let maximumSize = 256 << 20

    static func error(_ operation: String, _ path: String) -> JournalError {
        .system(operation: operation, path: path, code: errno)
    }

    static func open(_ path: String, _ flags: Int32, _ operation: String) throws(JournalError) -> Int32 {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw error(operation, path) }
        return descriptor
    }

    /// The whole file, or nil where there is none.
    static func read(_ path: String) throws(JournalError) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw error("open", path)
        }
        defer { close(descriptor) }
        return try read(descriptor, path)
    }

    /// What stands before the first line feed, without it; nil where there is no whole line.
    static func firstLine(of path: String) throws(JournalError) -> [UInt8]? {
        let descriptor = try open(path, O_RDONLY, "open")
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4 << 10)
        while bytes.count <= maximumSize {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw error("read", path) }
            if count == 0 { return nil }
            bytes.append(contentsOf: chunk[..<count])
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) { return Array(bytes[..<end]) }
        }
        throw .tooLarge(path: path, limit: maximumSize)
    }

    static func read(_ descriptor: Int32, _ path: String) throws(JournalError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw error("read", path) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= maximumSize else { throw .tooLarge(path: path, limit: maximumSize) }
        }
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(JournalError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw error("write", path) }
            written += count
        }
    }

    /// Sets room aside behind the file's content, so that a disk that is full later does not matter. File systems that
    /// know no such thing promise nothing, and say so by the error of a later write.
    static func reserve(_ range: Range<Int>, of descriptor: Int32, _ path: String) throws(JournalError) {
        let code = csys_reserve(descriptor, range.lowerBound, range.count)
        guard code == 0 || code == EOPNOTSUPP || code == ENOSYS else {
            throw .system(operation: "reserve room in", path: path, code: code)
        }
    }

    static func reserve(_ path: String, behind length: Int) throws(JournalError) {
        let descriptor = try open(path, O_WRONLY, "open")
        defer { close(descriptor) }
        try reserve(length..<length + Journal.reserve, of: descriptor, path)
    }

    /// Makes the names in a folder last: what was created, renamed or removed there.
    static func synchronizeFolder(_ path: String) throws(JournalError) {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY, "open")
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw error("sync", path) }
    }

    /// Puts `bytes` in the place of the file, so that a reader sees the old content or the new and never a part.
    static func replace(_ path: String, in folder: String, with bytes: [UInt8]) throws(JournalError) {
        let next = path + ".new"
        do throws(JournalError) {
            let descriptor = try open(next, O_WRONLY | O_CREAT | O_TRUNC, "create")
            defer { close(descriptor) }
            try write(bytes, to: descriptor, next)
            guard fsync(descriptor) == 0 else { throw error("sync", next) }
            guard rename(next, path) == 0 else { throw error("rename", next) }
        } catch {
            unlink(next)
            throw error
        }
        try synchronizeFolder(folder)
    }

    static func makeFolder(_ path: String) throws(JournalError) {
        guard mkdir(path, 0o700) == 0 else { throw error("create", path) }
    }

    /// Makes the folder and those above it that are missing.
    static func makeFolders(_ path: String) throws(JournalError) {
        if mkdir(path, 0o700) == 0 { return }
        switch errno {
        case EEXIST:
            guard isFolder(path) else { throw .system(operation: "create", path: path, code: ENOTDIR) }
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { throw error("create", path) }
            try makeFolders(String(path[..<slash]))
            try makeFolder(path)
        default: throw error("create", path)
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    static func names(in folder: String) throws(JournalError) -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw error("list", folder)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            names.append(String(decoding: name, as: UTF8.self))
        }
        return names
    }
}

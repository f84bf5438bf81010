#if canImport(Glibc)
    import Glibc
#endif

/// Reading the few small files that TLS needs.
enum TLSFiles {
    /// More than any bundle of certificates has.
    private static let most = 16 << 20

    /// The names in a folder, in order; nil where the path is none, or cannot be read.
    static func names(inFolder path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// - Parameter what: What the file is, for messages.
    static func read(_ path: String, as what: String) throws(TLSFault) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw unreadable(path, what, errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count >= 0 else { throw unreadable(path, what, errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= most else { throw TLSFault(.settings, "\(what) \(path) is too long") }
        }
    }

    private static func unreadable(_ path: String, _ what: String, _ code: Int32) -> TLSFault {
        TLSFault(.settings, "\(what) \(path) cannot be read: \(String(cString: strerror(code)))")
    }
}

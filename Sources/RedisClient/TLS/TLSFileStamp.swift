#if canImport(Glibc)
    import Glibc
#endif

/// What tells one content of a file from the next without reading it: an identity and the time of its last change.
struct TLSFileStamp: Hashable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// Nil where there is no such file.
    private init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int(status.st_size)
        seconds = Int(status.st_mtim.tv_sec)
        nanoseconds = Int(status.st_mtim.tv_nsec)
    }

    /// Where NIOSSL finds the system's authorities.
    private static let systemAuthorities = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    /// Of all that the settings name; in a folder, of each of its files.
    static func all(_ settings: TLSSettings) -> [String: TLSFileStamp] {
        var paths = [settings.certificate, settings.key].compactMap(\.self)
        if let authorities = settings.authorities {
            paths += [authorities] + (TLSFiles.names(inFolder: authorities) ?? []).map { "\(authorities)/\($0)" }
        } else {
            paths += systemAuthorities
        }
        var stamps: [String: TLSFileStamp] = [:]
        for path in paths { stamps[path] = TLSFileStamp(path) }
        return stamps
    }
}

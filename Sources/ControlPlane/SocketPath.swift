import Glibc

/// A way to name a unix socket that fits into an address, however deep its folder lies: `sun_path` has room for 107
/// bytes (unix(7)), of which SwiftNIO uses 103, and a longer path is reached through an open descriptor of its folder.
final class SocketPath: Sendable {
    static let maximumLength = 103

    /// What to give to bind and connect while this value lives.
    let usable: String
    private let folder: Int32?

    /// - Throws: the errno of opening the folder.
    init(_ path: String) throws(SystemError) {
        guard path.utf8.count > Self.maximumLength, let slash = path.lastIndex(of: "/") else {
            usable = path
            folder = nil
            return
        }
        let descriptor = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        folder = descriptor
        usable = "/proc/self/fd/\(descriptor)" + path[slash...]
    }

    deinit {
        if let folder { close(folder) }
    }
}

struct SystemError: Error {
    let code: Int32

    var reason: String { String(cString: strerror(code)) }
}

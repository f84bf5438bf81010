import FoundationEssentials
import Glibc
import MigrationCore

/// A password and where it came from; never printed.
struct Secret: Equatable {
    let reference: SecretReference
    /// Nil where a command gives it.
    let password: String?

    var command: String? {
        if case .command(let line) = reference { line } else { nil }
    }
}

extension Secret {
    /// The longest first line that can be a password, in bytes.
    private static let maximumLength = 4096

    /// The first line of a file. `warn` is told when others of this machine can read it.
    ///
    /// - Parameter kind: What stands in the file, for messages.
    static func read(
        _ path: String,
        as kind: String = "password",
        warn: (String) -> Void
    ) throws(CommandFailure) -> Secret {
        let whole = AbsolutePath.of(path)
        let handle = open(whole, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else {
            let reason = String(cString: strerror(errno))
            throw CommandFailure(.configuration, "the \(kind) file \(path) cannot be read: \(reason)")
        }
        defer { close(handle) }
        var information = stat()
        if fstat(handle, &information) == 0, information.st_mode & S_IFMT == S_IFREG, information.st_mode & S_IROTH != 0
        {
            warn("the \(kind) file \(path) can be read by everybody; chmod 600 it")
        }
        let line = try firstLine(of: handle, path: path, kind)
        return Secret(reference: .file(whole), password: line)
    }

    private static func firstLine(of handle: Int32, path: String, _ kind: String) throws(CommandFailure) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 512)
        while bytes.count <= maximumLength, !bytes.contains(UInt8(ascii: "\n")) {
            let count = Glibc.read(handle, &chunk, chunk.count)
            guard count >= 0 else {
                let reason = String(cString: strerror(errno))
                throw CommandFailure(.configuration, "the \(kind) file \(path) cannot be read: \(reason)")
            }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        var line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty, line.count <= maximumLength, let text = String(validating: line, as: UTF8.self) else {
            throw CommandFailure(.configuration, "the first line of the \(kind) file \(path) is not a \(kind)")
        }
        return text
    }
}

/// Paths of the command line as the worker, which has another working directory, can use them.
enum AbsolutePath {
    static func of(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}

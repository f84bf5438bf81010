@preconcurrency import Glibc
import MigrationCore

/// A file for node_exporter's textfile collector: whoever reads it finds the old content or the new, never a part.
struct MetricsFile {
    let path: String

    private var next: String { path + ".new" }

    /// - Throws: One line, with the path and the reason.
    func write(_ text: String) throws(MigrationFailure) {
        let descriptor = try create()
        do throws(MigrationFailure) {
            defer { close(descriptor) }
            try write(Array(text.utf8), to: descriptor)
            // The collector is another user, whatever umask the worker was started with.
            guard fchmod(descriptor, 0o644) == 0, rename(next, path) == 0 else { throw failure("written") }
        } catch {
            unlink(next)
            throw error
        }
    }

    /// Whether it could be written now.
    func check() throws(MigrationFailure) {
        close(try create())
        unlink(next)
        var information = stat()
        guard stat(path, &information) != 0 || information.st_mode & S_IFMT == S_IFREG else {
            throw MigrationFailure(.configuration, "--metrics-file \(path.printable) is there and is no file")
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
    }

    /// A link that somebody has put in its place is not followed.
    private func create() throws(MigrationFailure) -> Int32 {
        unlink(next)
        let descriptor = open(next, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("created") }
        return descriptor
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(MigrationFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure("written") }
            rest = rest.dropFirst(count)
        }
    }

    private func failure(_ verb: String) -> MigrationFailure {
        let reason = String(cString: strerror(errno))
        return MigrationFailure(.configuration, "--metrics-file \(path.printable) cannot be \(verb): \(reason)")
    }
}

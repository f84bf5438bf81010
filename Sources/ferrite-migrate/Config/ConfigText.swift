import Glibc

/// The text of a settings file. It may be a pipe or `/dev/null`, too.
enum ConfigText {
    /// In bytes; a file that is larger is no settings file.
    private static let mostBytes = 1 << 20

    static func read(_ path: String) throws(CommandFailure) -> String {
        let handle = open(path, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else { throw unreadable(path, errno) }
        defer { close(handle) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(handle, &chunk, chunk.count)
            if count == 0 { break }
            guard count > 0 else { throw unreadable(path, errno) }
            bytes += chunk[..<count]
            guard bytes.count <= mostBytes else {
                let words = "has more than \(mostBytes) bytes: it is no settings file"
                throw CommandFailure(.configuration, "\(printable(path)) \(words)")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw CommandFailure(.configuration, "\(printable(path)) is not a text in UTF-8, as TOML must be")
        }
        return text
    }

    private static func unreadable(_ path: String, _ code: Int32) -> CommandFailure {
        let reason = String(cString: strerror(code))
        return CommandFailure(
            .configuration,
            "\(printable(path)) cannot be read: \(reason); give --config a file that can"
        )
    }

    private static func printable(_ path: String) -> String { CommandFailure.printable(path) }
}

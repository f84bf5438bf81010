import Glibc

/// The lines of a script, from a descriptor of its own: what a command reads at standard input is never the script.
struct ScriptLines {
    enum Line: Equatable {
        case text([UInt8])
        /// It is longer than any line may be; what follows is not to be read.
        case tooLong
        /// The error's number.
        case unreadable(Int32)
    }

    private static let newline = UInt8(ascii: "\n")

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Takes standard input away and puts an empty one in its place.
    static func standardInput() throws(CommandFailure) -> ScriptLines {
        let script = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        let empty = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard script >= 0, empty >= 0, dup2(empty, STDIN_FILENO) >= 0 else {
            throw CommandFailure(.failed, "the script cannot be read: \(String(cString: strerror(errno)))")
        }
        close(empty)
        return ScriptLines(descriptor: script)
    }

    /// The next line without its end, which may be CR LF; nil behind the last. Blocks the thread.
    mutating func next() -> Line? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: Self.newline) {
                let line = buffer[start..<end]
                start = end + 1
                return Self.line(line)
            }
            guard buffer.count - start <= LineParser.limit else { return .tooLong }
            guard !isAtEnd else {
                defer { start = buffer.count }
                return start < buffer.count ? Self.line(buffer[start...]) : nil
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            if let code = fill() { return .unreadable(code) }
        }
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> Line {
        .text(Array(bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes))
    }

    private mutating func fill() -> Int32? {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return errno }
            isAtEnd = count == 0
            buffer += chunk[..<count]
            return nil
        }
    }
}

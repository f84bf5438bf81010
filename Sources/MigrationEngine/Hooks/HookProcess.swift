import CSys
import FoundationEssentials
import Glibc
import MigrationCore

/// One run of an operator's program: started without a shell in a session of its own, bounded in time, its output
/// bounded in size.
struct HookProcess {
    /// Of the output, both streams together; the rest is read and thrown away.
    static let mostOutput = 16_384
    /// Between the request to end and the end.
    private static let grace = Duration.seconds(1)
    private static let interval = Duration.milliseconds(2)
    private static let chunk = 65_536

    struct Ending: Equatable {
        enum How: Equatable {
            case exited(Int32)
            case killed(signal: Int32)
            /// It took longer than it may and was ended with all that it had started.
            case tookTooLong
        }

        var how: How
        var output: [UInt8]
        /// Bytes of output that were thrown away.
        var lost: Int
    }

    private let process: pid_t
    private let input: Int32
    private let output: Int32
    private var unsent: ArraySlice<UInt8>
    private var collected: [UInt8] = []
    private var lost = 0

    /// - Parameter input: What the program finds at its standard input.
    init(
        path: String,
        arguments: [String] = [],
        environment: [String: String],
        input text: String
    ) throws(MigrationFailure) {
        let (childInput, input) = try Self.pipe()
        let (output, childOutput) = try Self.pipe()
        defer { for end in [childInput, childOutput] { close(end) } }
        for end in [input, output] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        var process: pid_t = 0
        let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let code = withCStrings([path] + arguments) { arguments in
            withCStrings(variables) { csys_spawn(&process, path, arguments, $0, childInput, childOutput) }
        }
        guard code == 0 else {
            for end in [input, output] { close(end) }
            throw MigrationFailure(
                .configuration,
                "the hook \(path) cannot be started: \(String(cString: strerror(code)))"
                    + (code == ENOENT || code == ENOEXEC ? "; look at its first line" : "")
            )
        }
        (self.process, self.input, self.output, unsent) = (process, input, output, Array(text.utf8)[...])
    }

    /// Waits for the program's end. What it has left running then is its own affair, unless time is up.
    mutating func wait(timeout: Duration) async -> Ending {
        var isSending = true
        let deadline = ContinuousClock.now + timeout
        while true {
            let isOver = Task.isCancelled || ContinuousClock.now >= deadline
            if isSending, !send() {
                close(input)
                isSending = false
            }
            let hasEnded = isOver ? await end() : exitStatus()
            let isTalking = receive()
            if let status = hasEnded {
                if isSending { close(input) }
                close(output)
                return Ending(how: isOver ? .tookTooLong : Self.how(status), output: collected, lost: lost)
            }
            // A sleep ends at once in a task that was cancelled; the next look ends the program.
            if isTalking { await Task.yield() } else { try? await Task.sleep(for: Self.interval) }
        }
    }

    private static func how(_ status: Int32) -> Ending.How {
        status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
    }

    private func exitStatus() -> Int32? {
        var status: Int32 = 0
        return waitpid(process, &status, WNOHANG) == process ? status : nil
    }

    /// Asks it and all that it has started to end, and makes them.
    private mutating func end() async -> Int32? {
        kill(-process, SIGTERM)
        let deadline = ContinuousClock.now + (Task.isCancelled ? .zero : Self.grace)
        while ContinuousClock.now < deadline {
            if let status = exitStatus() {
                kill(-process, SIGKILL)
                return status
            }
            receive()
            try? await Task.sleep(for: Self.interval)
        }
        kill(-process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return status
    }

    /// Returns whether there is more to send.
    private mutating func send() -> Bool {
        guard !unsent.isEmpty else { return false }
        let count = unsent.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        guard count >= 0 else { return errno == EAGAIN || errno == EINTR }
        unsent = unsent.dropFirst(count)
        return !unsent.isEmpty
    }

    /// Takes what is there, but not without end: others wait for this thread. Returns whether there was anything.
    @discardableResult
    private mutating func receive() -> Bool {
        var bytes = [UInt8](repeating: 0, count: Self.chunk)
        for turn in 0..<64 {
            let count = read(output, &bytes, bytes.count)
            guard count > 0 else { return turn > 0 }
            let room = max(0, Self.mostOutput - collected.count)
            collected += bytes[..<min(count, room)]
            lost += max(0, count - room)
        }
        return true
    }

    private static func pipe() throws(MigrationFailure) -> (read: Int32, write: Int32) {
        var ends: (read: Int32, write: Int32) = (-1, -1)
        let made = withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { Glibc.pipe($0) }
        }
        guard made == 0 else {
            throw MigrationFailure(.failed, "a hook cannot be started: \(String(cString: strerror(errno)))")
        }
        for end in [ends.read, ends.write] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return ends
    }
}

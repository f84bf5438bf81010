import CSys
import Foundation
import Glibc
import Synchronization

/// A program on a pseudo-terminal, and the person before it. It is killed when this value goes.
package final class ToolTerminal: Sendable {
    package let pid: pid_t
    private let terminal: Int32
    private let screen = Mutex<[UInt8]>([])
    private let whole = Mutex<[UInt8]>([])

    /// - Parameter environment: Added to this process's own.
    package init(
        path: String,
        arguments: [String],
        environment: [String: String] = [:],
        rows: UInt16 = 40,
        columns: UInt16 = 120
    ) throws {
        var variables = ProcessInfo.processInfo.environment
        variables["TERM"] = "xterm"
        variables["INPUTRC"] = "/dev/null"
        variables.merge(environment) { $1 }
        let argv = [path] + arguments
        let envp = variables.map { "\($0.key)=\($0.value)" }
        let start = StartedTerminal()
        Spawner.shared.run { start.set(Self.spawn(argv, envp, rows, columns)) }
        let (code, pid, terminal) = start.get()
        guard code == 0 else { throw SpawnError(path: path, code: code) }
        (self.pid, self.terminal) = (pid, terminal)
    }

    deinit {
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        close(terminal)
    }

    /// Presses keys; `\u{3}` is Ctrl-C, `\t` Tab, `\r` Enter.
    package func type(_ keys: String) {
        var rest = Array(keys.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Types a line and presses Enter.
    package func enter(_ line: String) { type(line + "\r") }

    /// Waits until the screen shows `text` and takes everything up to its end; nil where it does not come in time.
    package func wait(for text: String, seconds: Double = 20) -> String? {
        let deadline = MonotonicClock.seconds + seconds
        while true {
            let found: String? = screen.withLock { bytes in
                let data = Data(bytes)
                guard let range = data.range(of: Data(text.utf8)) else { return nil }
                bytes.removeFirst(range.upperBound)
                return String(decoding: data[..<range.upperBound], as: UTF8.self)
            }
            if let found { return found }
            guard MonotonicClock.seconds < deadline, readMore() else { return nil }
        }
    }

    /// All that the program has written so far, as it was written.
    package var text: String { whole.withLock { String(decoding: $0, as: UTF8.self) } }

    /// What has come and was not taken.
    package var shown: String { screen.withLock { String(decoding: $0, as: UTF8.self) } }

    /// How the program ended, as a shell says it; nil where it does not in time.
    package func waitForEnd(seconds: Double = 20) -> Int? {
        let deadline = MonotonicClock.seconds + seconds
        var status: Int32 = 0
        while MonotonicClock.seconds < deadline {
            _ = readMore()
            if waitpid(pid, &status, WNOHANG) == pid {
                return status & 0x7f == 0 ? Int(status >> 8 & 0xff) : 128 + Int(status & 0x7f)
            }
        }
        return nil
    }

    package func resize(rows: UInt16, columns: UInt16) { _ = csys_resize_terminal(terminal, rows, columns) }

    /// Stops the program and lets it go on, with a terminal that is as a shell uses it meanwhile.
    package func suspendAndContinue() {
        kill(pid, SIGSTOP)
        var status: Int32 = 0
        waitpid(pid, &status, WUNTRACED)
        var settings = termios()
        tcgetattr(terminal, &settings)
        settings.c_lflag |= tcflag_t(ICANON | ECHO)
        tcsetattr(terminal, TCSANOW, &settings)
        kill(pid, SIGCONT)
    }

    /// Whether more may come; it waits a moment for it.
    private func readMore() -> Bool {
        var input = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
        guard poll(&input, 1, 50) > 0 else { return true }
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(terminal, &chunk, chunk.count)
        // A terminal whose program has ended fails to be read.
        guard count > 0 else { return false }
        screen.withLock { $0 += chunk[..<count] }
        whole.withLock { $0 += chunk[..<count] }
        return true
    }

    private static func spawn(
        _ arguments: [String],
        _ environment: [String],
        _ rows: UInt16,
        _ columns: UInt16
    ) -> (code: Int32, pid: pid_t, terminal: Int32) {
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        var terminal: Int32 = -1
        let code = csys_spawn_on_terminal(&pid, &terminal, arguments[0], argv, envp, rows, columns)
        return (code, pid, terminal)
    }
}

/// Carries what the spawner's thread found to the caller.
private final class StartedTerminal: Sendable {
    private let value = Mutex<(code: Int32, pid: pid_t, terminal: Int32)>((EAGAIN, 0, -1))

    func set(_ new: (code: Int32, pid: pid_t, terminal: Int32)) { value.withLock { $0 = new } }
    func get() -> (code: Int32, pid: pid_t, terminal: Int32) { value.withLock { $0 } }
}

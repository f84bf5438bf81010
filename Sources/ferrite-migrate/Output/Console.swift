@preconcurrency import Glibc
import Synchronization

/// Standard output for results and standard error for everything else, each written at once and unbuffered.
final class Console: Sendable {
    private enum State {
        case open
        /// The reader went away, as `head` does: nothing more is written, and nothing is wrong.
        case closed
        case failed(Int32)
    }

    let inputIsTerminal = isatty(STDIN_FILENO) == 1
    let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    let errorIsTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State.open)
    private let speaksJSON = Mutex(false)

    /// Nobody reads standard output any more.
    var isClosed: Bool {
        state.withLock { if case .open = $0 { false } else { true } }
    }

    /// The reason why standard output took no more, where it is not that its reader went away.
    var failure: CommandFailure? {
        guard case .failed(let code) = state.withLock({ $0 }) else { return nil }
        return CommandFailure(.failed, "the result could not be written: \(String(cString: strerror(code)))")
    }

    func output(_ text: String) {
        state.withLock { state in
            guard case .open = state, let code = Self.write(text, to: STDOUT_FILENO) else { return }
            state = code == EPIPE ? .closed : .failed(code)
        }
    }

    /// Where standard error cannot be written there is nobody left to tell.
    func error(_ text: String) {
        _ = Self.write(text, to: STDERR_FILENO)
    }

    /// With `--format json` what is said on standard error is JSON too: an object a line.
    func speakJSON() {
        speaksJSON.withLock { $0 = true }
    }

    func failure(_ message: String, _ status: ExitReason) {
        let code = OutputField("exit_code", .number(Int(status.rawValue)))
        say(message, "", [.init("error", .text(Self.line(message))), code])
    }

    func warning(_ message: String) {
        say(message, "warning: ", [.init("warning", .text(Self.line(message)))])
    }

    func notice(_ message: String) {
        say(message, "", [.init("notice", .text(Self.line(message)))])
    }

    /// Asks a person; anything but a yes is a no.
    func ask(_ question: String) -> Bool {
        error("ferrite-migrate: \(question)")
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }

    /// The columns of the terminal at standard error, 80 where it does not say.
    var columns: Int { Self.columns(of: STDERR_FILENO) ?? 80 }

    /// The columns of the terminal at standard output; nil where there is none, or it does not say.
    var outputColumns: Int? { Self.columns(of: STDOUT_FILENO) }

    private static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// One line of standard error, in this program's name where it is for people.
    private func say(_ message: String, _ opening: String, _ fields: [OutputField]) {
        let isJSON = speaksJSON.withLock { $0 }
        error(isJSON ? JSONText.object(fields) + "\n" : "ferrite-migrate: \(opening)\(Self.line(message))\n")
    }

    private static func line(_ message: String) -> String {
        message.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// Returns an errno value where not all could be written.
    private static func write(_ text: String, to descriptor: Int32) -> Int32? {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}

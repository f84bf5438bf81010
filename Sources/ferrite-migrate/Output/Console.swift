@preconcurrency import Glibc
import Synchronization

/// Standard output for results and standard error for everything else, each written at once and unbuffered.
final class Console: Sendable {
    /// How much is said on standard error beside errors.
    enum Verbosity {
        case quiet
        case normal
        /// Also what is done.
        case verbose
    }

    private enum State {
        case open
        /// The reader went away, as `head` does: nothing more is written, and nothing is wrong.
        case closed
        case failed(Int32)
    }

    /// What holds for one command line, of the shell or of the prompt, and not for the next.
    struct Line {
        /// What is said on standard error is JSON, an object a line.
        var speaksJSON = false
        /// It was read by the prompt or from a script.
        var isOfPrompt = false
        /// Where in its script it stands.
        var number: Int?
    }

    private struct Speech {
        var line = Line()
        var verbosity = Verbosity.normal
        /// A bar stands in the last line of standard error's terminal.
        var hasBar = false
        /// Lines written to standard error.
        var count = 0
        /// What is said once, however many lines the prompt reads.
        var said: Set<String> = []
    }

    let inputIsTerminal = isatty(STDIN_FILENO) == 1
    let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    let errorIsTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State.open)
    private let speech = Mutex(Speech())

    /// Nobody reads standard output any more. Asked without writing: a pipe without a reader polls as an error.
    var isClosed: Bool {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        if poll(&descriptor, 1, 0) > 0, descriptor.revents & Int16(POLLERR | POLLHUP) != 0 { return true }
        return state.withLock { if case .open = $0 { false } else { true } }
    }

    /// The reason why standard output took no more, where it is not that its reader went away.
    var failure: CommandFailure? {
        guard case .failed(let code) = state.withLock({ $0 }) else { return nil }
        return CommandFailure(.failed, "the result could not be written: \(String(cString: strerror(code)))")
    }

    func output(_ text: String) {
        if outputIsTerminal { speech.withLock { Self.clearBar(&$0) } }
        state.withLock { state in
            guard case .open = state, let code = Self.write(text, to: STDOUT_FILENO) else { return }
            state = code == EPIPE ? .closed : .failed(code)
        }
    }

    /// Where standard error cannot be written there is nobody left to tell.
    func error(_ text: String) {
        speech.withLock { speech in
            Self.clearBar(&speech)
            speech.count += 1
            _ = Self.write(text, to: STDERR_FILENO)
        }
    }

    /// Draws the last line of standard error's terminal anew. What is written next takes its place.
    func bar(_ text: String) {
        speech.withLock { speech in
            _ = Self.write("\r\(text)\u{1B}[K", to: STDERR_FILENO)
            speech.hasBar = true
        }
    }

    /// Leaves the bar where it is, if there is one.
    func endBar() {
        speech.withLock { speech in
            if speech.hasBar { _ = Self.write("\n", to: STDERR_FILENO) }
            speech.hasBar = false
        }
    }

    private static func clearBar(_ speech: inout Speech) {
        if speech.hasBar { _ = write("\r\u{1B}[K", to: STDERR_FILENO) }
        speech.hasBar = false
    }

    /// How many lines standard error has got so far.
    var spokenLines: Int { speech.withLock(\.count) }

    var verbosity: Verbosity { speech.withLock(\.verbosity) }

    func setVerbosity(_ verbosity: Verbosity) {
        speech.withLock { $0.verbosity = verbosity }
    }

    /// From here on all is said for that line.
    func begin(_ line: Line) {
        speech.withLock { ($0.line, $0.verbosity) = (line, .normal) }
    }

    /// With `--format json` what is said on standard error is JSON too: an object a line.
    func speakJSON(_ isJSON: Bool = true) {
        speech.withLock { $0.line.speaksJSON = isJSON }
    }

    /// Whether the command came through the prompt.
    var isOfPrompt: Bool { speech.withLock(\.line.isOfPrompt) }

    /// How a result is written where nobody has said it; at the prompt as the lines of the seed.
    var defaultFormat: OutputFormat { outputIsTerminal && !isOfPrompt ? .pretty : .raw }

    /// The same for a list, which is a table on any terminal.
    var defaultListFormat: OutputFormat { outputIsTerminal ? .pretty : .raw }

    func failure(_ message: String, _ status: ExitReason) {
        let code = OutputField("exit_code", .number(Int(status.rawValue)))
        say(message, "", [.init("error", .text(Self.line(message))), code])
    }

    func warning(_ message: String) {
        guard verbosity != .quiet else { return }
        say(message, "warning: ", [.init("warning", .text(Self.line(message)))])
    }

    /// Of what stays as it is as long as this process lives.
    func warningOnce(_ message: String) {
        if speech.withLock({ $0.said.insert(message).inserted }) { warning(message) }
    }

    func notice(_ message: String) {
        guard verbosity != .quiet else { return }
        say(message, "", [.init("notice", .text(Self.line(message)))])
    }

    /// What is done, said only with `--verbose`.
    func detail(_ message: String) {
        if verbosity == .verbose { notice(message) }
    }

    /// Asks a person; anything but a yes is a no, and so is Ctrl-C at the prompt.
    func ask(_ question: String) -> Bool {
        error("ferrite-migrate: \(question)")
        let answer = Self.answer().filter { !$0.isWhitespace }
        return ["y", "yes"].contains(answer.lowercased())
    }

    /// A line that is typed; nothing more is taken from standard input.
    private static func answer() -> String {
        var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        while poll(&input, 1, 100) <= 0 {
            if Task.isCancelled { return "" }
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// The columns of the terminal at standard error, 80 where it does not say.
    var columns: Int { Self.size(of: STDERR_FILENO)?.columns ?? 80 }

    /// The size of the terminal at standard output; nil where there is none, or it does not say.
    var outputSize: TerminalSize? { Self.size(of: STDOUT_FILENO) }

    private static func size(of descriptor: Int32) -> TerminalSize? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    /// One line of standard error, in this program's name where it is for people.
    private func say(_ message: String, _ opening: String, _ fields: [OutputField]) {
        let line = speech.withLock(\.line)
        guard !line.speaksJSON else {
            let number = line.number.map { [OutputField("line", .number($0))] } ?? []
            return error(JSONText.object(fields + number) + "\n")
        }
        let place = line.number.map { "line \($0): " } ?? ""
        error("ferrite-migrate: \(place)\(opening)\(Self.line(message))\n")
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

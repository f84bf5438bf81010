@preconcurrency import CReadline
import Glibc
import Synchronization

/// GNU readline, which has one state for the whole process: used by one thread at a time. It reads by its callback
/// interface, so that Ctrl-C is a message that is polled for, as a key is, and no jump out of a handler.
enum Readline {
    /// What readline calls back; it has no other way to carry a context.
    private struct Callbacks {
        var completion: (@Sendable (String) -> Candidates)?
        /// The line that was typed before this one and goes on in it.
        var opening = ""
        var candidates: [String] = []
        var line: Line?
    }

    enum Line: Sendable {
        /// It holds newlines where several lines were pasted at once.
        case text([UInt8])
        /// Ctrl-C.
        case interrupted
        /// Ctrl-D, or a terminal that is gone.
        case end
        /// The process is asked to end.
        case ending
    }

    private static let callbacks = Mutex(Callbacks())

    /// - Parameter usesStandardError: The prompt is written there, where standard output is no terminal.
    static func begin(
        usesStandardError: Bool,
        history: [String],
        completion: @escaping @Sendable (String) -> Candidates
    ) {
        callbacks.withLock { $0.completion = completion }
        rl_readline_name = UnsafePointer(strdup("ferrite-migrate"))
        rl_instream = stdin
        rl_outstream = usesStandardError ? stderr : stdout
        // Signals are messages here; see PromptSignals.
        rl_catch_signals = 0
        rl_catch_sigwinch = 0
        rl_completer_word_break_characters = UnsafePointer(strdup(" \t\n"))
        rl_completer_quote_characters = nil
        rl_attempted_completion_function = { text, _, _ in
            // Never readline's own names of files.
            rl_attempted_completion_over = 1
            return Readline.matches(text)
        }
        // Nothing that readline asks or pages by itself: it would wait for a key and hear no signal.
        rl_completion_query_items = -1
        rl_variable_bind("page-completions", "off")
        using_history()
        stifle_history(Int32(HistoryFile.limit))
        history.forEach(remember)
    }

    static func remember(_ line: String) { add_history(line) }

    /// Reads a line, blocking the thread.
    ///
    /// - Parameter opening: What the line continues.
    static func read(prompt: String, opening: String, _ signals: PromptSignals) -> Line {
        callbacks.withLock { state in
            state.opening = opening
            state.line = nil
        }
        rl_callback_handler_install(prompt) { line in
            // Now, so that no prompt is written behind the line.
            rl_callback_handler_remove()
            let text = line.map { UnsafeBufferPointer(start: $0, count: strlen($0)).map(UInt8.init(bitPattern:)) }
            free(line)
            Readline.callbacks.withLock { $0.line = text.map { .text($0) } ?? .end }
        }
        while true {
            var descriptors = [
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.wakes, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 2, -1) > 0 else { continue }
            while let wake = signals.nextWake() {
                if let line = handle(wake) { return line }
            }
            if descriptors[0].revents != 0 { rl_callback_read_char() }
            if let line = callbacks.withLock({ $0.line }) { return line }
        }
    }

    private static func handle(_ wake: PromptSignals.Wake) -> Line? {
        switch wake {
        case .interrupt, .end:
            if wake == .interrupt { rl_echo_signal_char(SIGINT) }
            rl_free_line_state()
            rl_callback_sigcleanup()
            rl_callback_handler_remove()
            newLine()
            return wake == .interrupt ? .interrupted : .ending
        case .resize: rl_resize_terminal()
        case .resume:
            // A shell has put the terminal back meanwhile, and readline does not know.
            rl_deprep_terminal()
            rl_prep_terminal(1)
            rl_forced_update_display()
        }
        return nil
    }

    /// Leaves a line that was not ended by the Enter key.
    static func newLine() {
        fputs("\n", rl_outstream)
        fflush(rl_outstream)
    }
}

// MARK: - Completion

extension Readline {
    private typealias Matches = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    private static func matches(_ text: UnsafePointer<CChar>?) -> Matches? {
        guard let buffer = rl_line_buffer, let text else { return nil }
        let bytes = UnsafeBufferPointer(start: buffer, count: Int(rl_point)).map(UInt8.init(bitPattern:))
        let (completion, opening) = callbacks.withLock { ($0.completion, $0.opening) }
        guard let line = String(validating: bytes, as: UTF8.self), let completion else { return nil }
        let found: [String]
        switch completion(opening + line) {
        case .words(let words): found = words
        case .files(let opening, let path): found = files(path).map { opening + $0 }
        }
        callbacks.withLock { $0.candidates = found }
        // The cursor stays at the end of a folder's name.
        if found.count == 1, found[0].hasSuffix("/") { rl_completion_append_character = 0 }
        return rl_completion_matches(text) { _, index in
            Readline.callbacks.withLock { state in
                if index == 0 { state.candidates.reverse() }
                return state.candidates.popLast().flatMap { strdup($0) }
            }
        }
    }

    /// Files whose names begin so; folders with a slash at the end.
    private static func files(_ path: String) -> [String] {
        var names: [String] = []
        while let name = rl_filename_completion_function(path, names.isEmpty ? 0 : 1) {
            names.append(String(cString: name))
            free(name)
        }
        return names.map { name in
            var information = stat()
            let isFolder = stat(name, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
            return LineWord.quoting(isFolder ? name + "/" : name)
        }
    }
}

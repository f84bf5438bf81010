import FoundationEssentials
import MigrationCore
import MigrationEngine

/// The prompt on a terminal.
struct Prompt {
    private static let text = "ferrite-migrate> "
    private static let continued = "> "

    private let session: PromptSession
    private let signals: PromptSignals
    private let lines: TerminalLines
    private let root: JournalRoot
    private var history: PromptHistory
    /// Lines that were pasted at once and are still to be taken.
    private var pasted: [[UInt8]] = []
    private var lastKept: String?

    private var ownLine: Console.Line { Console.Line(speaksJSON: session.speaksJSON, isOfPrompt: true) }

    init(_ session: PromptSession, _ root: JournalRoot) throws(CommandFailure) {
        self.session = session
        self.root = root
        signals = try PromptSignals()
        lines = TerminalLines(signals)
        history = PromptHistory(root) { session.console.warning($0) }
    }

    /// Reads and performs until the operator leaves.
    mutating func run() async {
        let completion = PromptCompletion(language: session.language, names: KnownNames(root))
        session.console.begin(ownLine)
        Readline.begin(usesStandardError: !session.console.outputIsTerminal, history: history.load()) { text in
            completion.candidates(text)
        }
        while !session.console.isClosed {
            switch await next() {
            case .none: return
            case .interrupted: pasted.removeAll()
            case .line(let text, let words):
                keep(text, try? words.get())
                guard await perform(words) else { return }
            }
        }
    }

    private enum Next {
        case line(String, Result<[LineWord], LineError>)
        case interrupted
        case none
    }

    /// A line with all its continuations.
    private mutating func next() async -> Next {
        var parser = LineParser()
        var text = ""
        while true {
            let part: [UInt8]
            switch await nextPart(continuing: text) {
            case .text(let bytes): part = bytes
            case .interrupted: return .interrupted
            case .end:
                Readline.newLine()
                return .none
            case .ending: signals.endProcess()
            }
            do throws(LineError) {
                let goesOn = try parser.take(part)
                text += String(decoding: part.dropLast(goesOn ? 1 : 0), as: UTF8.self)
                guard !goesOn else { continue }
                return .line(text, Result { () throws(LineError) in try parser.finish() })
            } catch {
                return .line(text + String(decoding: part, as: UTF8.self), .failure(error))
            }
        }
    }

    private mutating func nextPart(continuing text: String) async -> Readline.Line {
        guard pasted.isEmpty else { return .text(pasted.removeFirst()) }
        let line = await lines.next(prompt: text.isEmpty ? Self.text : Self.continued, opening: text)
        guard case .text(let bytes) = line else { return line }
        pasted = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        return .text(pasted.removeFirst())
    }

    private mutating func keep(_ text: String, _ words: [LineWord]?) {
        guard HistoryFilter.keeps(text, words), text != lastKept else { return }
        lastKept = text
        Readline.remember(text)
        session.console.begin(ownLine)
        history.add(text)
    }

    /// - Returns: Whether there shall be a next line.
    private mutating func perform(_ words: Result<[LineWord], LineError>) async -> Bool {
        let session = session
        let (outcome, isInterrupted) = await signals.whileRunning { await session.perform(words) }
        if isInterrupted { pasted.removeAll() }
        return outcome != PromptSession.Outcome.end
    }
}

extension KnownNames {
    /// What cannot be read has no name.
    init(_ root: JournalRoot) {
        ids = { (try? root.migrations()) ?? [] }
        tenants = {
            let folders = ((try? root.migrations()) ?? []).compactMap { try? root.open($0) }
            return Set(folders.compactMap { (try? JournalContents.read($0))?.plan.tenant }).sorted()
        }
    }
}

import MigrationCore
import MigrationEngine

/// The history of one prompt: what was read, and what is added to it. The first failure is told, once; the prompt goes
/// on without a history.
struct PromptHistory {
    private let root: JournalRoot
    private let file: HistoryFile
    private let warn: (String) -> Void
    private var hasFailed = false

    init(_ root: JournalRoot, warn: @escaping (String) -> Void) {
        self.root = root
        self.warn = warn
        file = HistoryFile(path: root.path + "/repl_history")
    }

    /// The lines of earlier prompts.
    mutating func load() -> [String] {
        do {
            return try file.load()
        } catch {
            fail(error.message)
            return []
        }
    }

    mutating func add(_ line: String) {
        guard !hasFailed else { return }
        do throws(JournalError) {
            try root.make()
        } catch {
            return fail(error.failure.message)
        }
        do throws(HistoryFile.Failure) {
            try file.append(line)
        } catch {
            fail(error.message)
        }
    }

    private mutating func fail(_ reason: String) {
        guard !hasFailed else { return }
        hasFailed = true
        warn("the history is not kept: \(reason)")
    }
}

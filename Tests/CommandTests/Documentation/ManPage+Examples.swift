import Foundation

/// The examples of a manual page are those of README.md and docs, where a test runs each of them.
extension ManPage {
    /// The lines of shell in the project's pages, with what is said behind them.
    private static let lines: [(command: String, comment: String)] = pages.flatMap { page in
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        let blocks = text.components(separatedBy: "\n```").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        return blocks.filter { $0.hasPrefix("sh") }.flatMap { block in
            block.split(separator: "\n").dropFirst().map { line in
                let parts = line.components(separatedBy: "  #")
                return (parts[0].trimmingCharacters(in: .whitespaces), parts.dropFirst().joined())
            }
        }
    }

    private static var pages: [URL] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let docs = FileManager.default.enumerator(atPath: root.appending(path: "docs").path)?.allObjects ?? []
        let names = docs.compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }.sorted()
        return (["README.md"] + names.map { "docs/\($0)" }).map { root.appending(path: $0) }
    }

    /// The section for the words with which a command begins; empty where the pages have no example of it.
    static func examples(of words: String) -> [String] {
        var known: Set<String> = []
        let own = lines.filter { $0.command.hasPrefix(words + " ") && known.insert($0.command).inserted }
        guard !own.isEmpty else { return [] }
        return [".Sh EXAMPLES", ".Bd -literal"]
            + own.flatMap { command, comment in
                (comment.isEmpty ? [] : ["#" + comment]) + [command]
            }.map(literal) + [".Ed"]
    }

    private static func literal(_ text: String) -> String {
        let text = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
    }
}

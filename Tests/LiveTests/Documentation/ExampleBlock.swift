import Foundation
import Testing

/// A fenced block of one of the project's pages: what is in it, and what the words behind its fence say it is.
struct ExampleBlock: CustomTestStringConvertible {
    let page: String
    let line: Int
    /// `sh`, `json`, `toml`, …; empty where the block is a picture and no example.
    let language: String
    /// What has to be there before it is run: `live_sync`.
    let words: [String]
    let text: String

    var testDescription: String { "\(page):\(line) \(language)" }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every block of README.md and of the pages in docs.
    static let all: [ExampleBlock] = pages.flatMap(blocks)

    private static var pages: [String] {
        let docs = FileManager.default.enumerator(atPath: root.appending(path: "docs").path)?.allObjects ?? []
        let names = docs.compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }.sorted()
        return ["README.md"] + names.map { "docs/\($0)" }
    }

    private static func blocks(of page: String) -> [ExampleBlock] {
        let text = (try? String(contentsOf: root.appending(path: page), encoding: .utf8)) ?? ""
        var blocks: [ExampleBlock] = []
        var opening: (line: Int, words: [String])?
        var lines: [Substring] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard line.hasPrefix("```") else {
                lines.append(line)
                continue
            }
            if let (start, words) = opening {
                blocks.append(
                    ExampleBlock(
                        page: page,
                        line: start,
                        language: words.first ?? "",
                        words: Array(words.dropFirst()),
                        text: lines.joined(separator: "\n") + "\n"
                    )
                )
                opening = nil
            } else {
                opening = (index + 1, line.dropFirst(3).split(separator: " ").map(String.init))
            }
            lines = []
        }
        return blocks
    }
}

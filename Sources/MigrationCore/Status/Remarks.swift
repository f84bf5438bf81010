/// Sentences that an operator should know, each said once, in the order in which they came.
package struct Remarks: Equatable, Sendable {
    package private(set) var sentences: [String] = []

    package init(_ all: [String?]) {
        for sentence in all.compactMap(\.self) where !sentences.contains(sentence) { sentences.append(sentence) }
    }

    /// All in one line; nil where there is nothing to say.
    package var line: String? { sentences.isEmpty ? nil : sentences.joined(separator: "; ") }
}

/// What a mistyped word may have been.
enum NearestWord {
    /// The first of the candidates with the fewest edits, in any letter case; nil where every one is too far away: a third
    /// of the word's letters may be wrong.
    static func find(_ word: String, in candidates: [String]) -> String? {
        // Nothing that long is near to a word of the program.
        guard word.utf8.count <= 64 else { return nil }
        let near = candidates.map { (word: $0, edits: edits(word.lowercased(), $0.lowercased())) }
        guard let best = near.min(by: { $0.edits < $1.edits }), best.edits <= max(1, word.count / 3) else { return nil }
        return best.word
    }

    /// How many letters are to be put in, taken out, changed, or swapped with their neighbour (optimal string alignment).
    static func edits(_ first: String, _ second: String) -> Int {
        let (first, second) = (Array(first), Array(second))
        var before: [Int] = []
        var last = Array(0...second.count)
        for row in first.indices {
            var next = [row + 1]
            for column in second.indices {
                let isSame = first[row] == second[column]
                var fewest = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    fewest = min(fewest, before[column - 1] + 1)
                }
                next.append(fewest)
            }
            (before, last) = (last, next)
        }
        return last[second.count]
    }
}

/// The one line about a verb that is none.
enum UnknownVerb {
    /// As much as is quoted of a word that may be of any length.
    private static let quoted = 80

    /// - Parameter verbs: Those that there are, as the operator would write them.
    static func message(_ word: String, among verbs: [String], suggesting others: [String] = []) -> String {
        let shown = word.count > quoted ? word.prefix(quoted) + "…" : word
        let nearest = NearestWord.find(word, in: others + verbs).map { " (did you mean \($0)?)" } ?? ""
        let known = verbs.joined(separator: ", ")
        return "there is no verb '\(CommandFailure.printable(String(shown)))'\(nearest): it is one of \(known)"
    }
}

/// What `help` says at the prompt.
struct PromptHelp {
    private static let width = 78
    /// The section of the options that every verb has.
    private static let common = "Common options"

    let language: CommandLanguage

    /// All verbs and how a line is written.
    var overview: String {
        let width = language.verbs.map(\.commandName.count).max() ?? 0
        let verbs = language.verbs.map { verb in
            "  " + verb.commandName.padded(to: width) + "  " + (verb.abstract ?? "") + "\n"
        }.joined()
        let seed = language.seedVerbs.map { Self.grammar($0.word, $0.verb) }.joined()
        return """
            The verbs, with their options as on the command line:
            \(verbs)
            The same in words, in any letter case, each with the common options too; a quoted word is always a value:
            \(seed)
            help <verb> explains a verb and all its options; quit, exit, \\q or Ctrl-D leave.
            Quotes are as in redis-cli: "…" with \\n \\" \\xHH, '…' with \\'. A line that ends in \\ goes on in the next.

            """
    }

    /// How the seed's words of one verb are written, as a line or several; nothing where it has none.
    func grammar(of verb: String) -> String {
        guard let seed = language.seedVerbs.first(where: { $0.verb.commandName == verb }) else { return "" }
        return "IN WORDS, AT THE PROMPT:\n" + Self.grammar(seed.word, seed.verb)
    }

    private static func grammar(_ word: String, _ verb: HelpDump.Command) -> String {
        let values = verb.positionals.filter(\.shouldDisplay).map { "<\($0.valueName ?? "")>" }
        let options = verb.wordArguments.filter { $0.sectionTitle != Self.common }.map { option in
            let name = CommandLanguage.keyword(option.longNames.first ?? "")
            return option.takesValue ? "[\(name) <\(option.valueName ?? "")>]" : "[\(name)]"
        }
        return wrapped([word] + values + options)
    }

    private static func wrapped(_ parts: [String]) -> String {
        var lines: [String] = []
        for part in parts {
            if let last = lines.last, last.count + part.count < width {
                lines[lines.count - 1] = "\(last) \(part)"
            } else {
                lines.append((lines.isEmpty ? "  " : "      ") + part)
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

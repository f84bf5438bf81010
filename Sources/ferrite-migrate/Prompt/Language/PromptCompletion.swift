/// What the journal knows by name; asked only when it is needed.
struct KnownNames {
    var ids: @Sendable () -> [String] = { [] }
    var tenants: @Sendable () -> [String] = { [] }
}

/// What may stand at the place of the word that ends at the cursor.
enum Candidates: Equatable {
    /// Whole words, in the place of the one that was begun.
    case words([String])
    /// Names of files that begin with `path`; each is to be put behind `opening`.
    case files(opening: String, path: String)

    static let none = Candidates.words([])
}

/// Completes a line from the definitions of the commands.
struct PromptCompletion {
    let language: CommandLanguage
    let names: KnownNames

    /// - Parameter text: The line up to the cursor, with what it continues.
    func candidates(_ text: String) -> Candidates {
        let begin = text.lastIndex { $0 == " " || $0 == "\t" || $0 == "\n" }.map { text.index(after: $0) }
        let head = text[..<(begin ?? text.startIndex)]
        let word = String(text[(begin ?? text.startIndex)...])
        guard let words = Self.words(head) else { return .none }
        guard let first = words.first else { return .words(firstWords(word)) }
        if CommandLanguage.helps.contains(first.text.lowercased()) {
            return words.count == 1 ? .words(Self.matching(word, verbWords)) : .none
        }
        guard let known = try? language.seedVerb(first.text) else {
            return own(first.text, words.dropFirst(), word)
        }
        return arguments(of: known, words.dropFirst(), word, inWords: true)
    }

    private var verbWords: [String] { language.verbs.map(\.commandName) + language.seedVerbs.map(\.word) }

    private func firstWords(_ word: String) -> [String] {
        Self.matching(word, verbWords + CommandLanguage.helps + CommandLanguage.ends)
    }

    /// Nil inside a quote or a comment.
    private static func words(_ text: Substring) -> [LineWord]? {
        var parser = LineParser()
        guard (try? parser.take(text.utf8)) == false, !parser.isInComment else { return nil }
        return try? parser.finish()
    }

    private func own(_ verb: String, _ words: ArraySlice<LineWord>, _ word: String) -> Candidates {
        guard var command = language.verb(verb) else { return .none }
        var words = words
        while let next = command.subcommands?.first(where: { $0.commandName == words.first?.text }) {
            command = next
            words.removeFirst()
        }
        if words.isEmpty, let verbs = command.subcommands?.filter(\.shouldDisplay), !verbs.isEmpty {
            return .words(Self.matching(word, verbs.map(\.commandName)))
        }
        return arguments(of: command, words, word, inWords: false)
    }

    /// - Parameter inWords: Options are written as the seed does, without dashes.
    private func arguments(
        of command: HelpDump.Command,
        _ words: ArraySlice<LineWord>,
        _ word: String,
        inWords: Bool
    ) -> Candidates {
        let given = GivenWords(words, of: command, inWords: inWords)
        if let option = given.waiting { return values(of: option, "", word) }
        if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
            guard let option = command.option(word[..<equals].dropFirst(2)) else { return .none }
            return values(of: option, String(word[...equals]), String(word[word.index(after: equals)...]))
        }
        let left = command.namedArguments.filter { option in
            option.isRepeating || !option.longNames.contains { given.options.contains($0) }
        }
        let options = left.flatMap(\.longNames)
        let dashed = Self.matching(word, options.map { "--" + $0 })
        guard !word.hasPrefix("-") else { return .words(dashed) }
        let words = Set(command.wordArguments.flatMap(\.longNames))
        let keywords = inWords ? options.filter(words.contains).map(CommandLanguage.keyword) : []
        guard given.values < command.positionals.count else {
            return .words(inWords ? Self.matching(CommandLanguage.keyword(word), keywords) : dashed)
        }
        let values = known(command.positionals[given.values]).filter { Self.isBegun($0, by: word) }.map { value in
            let isName = inWords && CommandLanguage.isOption(value, of: command)
            return LineWord.quoting(value, always: isName || word.hasPrefix("\""))
        }
        guard values.isEmpty, !word.isEmpty else { return .words(values) }
        return .words(Self.matching(CommandLanguage.keyword(word), keywords))
    }

    private func values(of option: HelpDump.Argument, _ opening: String, _ word: String) -> Candidates {
        if option.completionKind?.file != nil || option.completionKind?.directory != nil {
            return .files(opening: opening, path: word)
        }
        let values = option.completionKind?.list?.values ?? []
        return .words(values.filter { $0.hasPrefix(word) }.map { opening + $0 })
    }

    /// A place is named by what it takes: `tenant`, `id`, `id|ALL`.
    private func known(_ place: HelpDump.Argument) -> [String] {
        (place.valueName ?? "").split(separator: "|").flatMap { name in
            switch name {
            case "tenant": names.tenants()
            case "id": names.ids()
            default: name == name.uppercased() ? [String(name)] : []
            }
        }
    }

    private static func isBegun(_ value: String, by word: String) -> Bool {
        value.hasPrefix(word.hasPrefix("\"") ? word.dropFirst() : word[...])
    }

    private static func matching(_ word: String, _ candidates: [String]) -> [String] {
        candidates.filter { $0.lowercased().hasPrefix(word.lowercased()) }
    }
}

/// What stands before the word that is completed.
private struct GivenWords {
    var options: Set<String> = []
    var values = 0
    /// The option that takes the next word.
    var waiting: HelpDump.Argument?

    init(_ words: ArraySlice<LineWord>, of command: HelpDump.Command, inWords: Bool) {
        for word in words {
            if waiting != nil {
                waiting = nil
            } else if inWords || word.text.hasPrefix("--"),
                case .option(let name, let option) = CommandLanguage.role(of: word, in: command)
            {
                options.insert(String(name.prefix { $0 != "=" }))
                if option?.takesValue == true, !name.contains("=") { waiting = option }
            } else {
                values += 1
            }
        }
    }
}

import MigrationCore

/// What a line of the prompt asks for.
enum PromptRequest: Equatable {
    case nothing
    /// `quit` and its like.
    case end
    /// Of one verb, or of all.
    case help(verb: String?)
    /// The arguments of a command line.
    case command([String])
}

/// Makes the arguments of a command line of a line's words, from the definitions of the commands alone.
///
/// A line has one of two forms. With the tool's own verb it is what it would be in a shell. With a word of the seed,
/// `TENANT.MIGRATE` or `TENANT.MIGRATE.<VERB>`, a word that is the name of one of the verb's options is that option,
/// wherever it stands and in any letter case, and takes the next word as its value if it has one. A quoted word, and
/// one that is an option's value, is never a name. All other words are the verb's arguments, in their order.
struct CommandLanguage {
    /// The verb whose word is `TENANT.MIGRATE` itself.
    private static let rootVerb = "migrate"
    private static let root = "TENANT.MIGRATE"
    private static let server = "TENANT."
    static let ends = ["quit", "exit", "\\q"]
    static let helps = ["help", "\\h"]

    /// Those that are shown, the prompt's own left out.
    let verbs: [HelpDump.Command]
    /// The verbs by the seed's words, in capitals.
    let seedVerbs: [(word: String, verb: HelpDump.Command)]
    /// Options, by long name, that every line has which does not give them itself; the value of a flag is `true`.
    private let defaults: [(name: String, value: String)]

    init(_ tool: HelpDump.Command, defaults: [(name: String, value: String)] = []) {
        verbs = tool.verbs.filter { $0.commandName != ReplCommand.name }
        seedVerbs = verbs.filter { $0.subcommands == nil }.map { verb in
            let isRoot = verb.commandName == Self.rootVerb
            return (isRoot ? Self.root : "\(Self.root).\(Self.keyword(verb.commandName))", verb)
        }
        self.defaults = defaults
    }

    func request(_ words: [LineWord]) throws(CommandFailure) -> PromptRequest {
        guard let first = words.first else { return .nothing }
        let name = first.text.lowercased()
        let rest = words.dropFirst()
        if Self.ends.contains(name) {
            guard rest.isEmpty else { throw CommandFailure(.usage, "\(name) takes no arguments") }
            return .end
        }
        if Self.helps.contains(name) { return try help(rest) }
        if let verb = try seedVerb(first.text) { return .command(try seedArguments(verb, rest)) }
        return .command(try ownArguments(first.text, rest.map(\.text)))
    }

    /// An option's name as the seed writes it: `BATCH_SIZE`.
    static func keyword(_ name: String) -> String { name.uppercased().replacing("-", with: "_") }

    private static func optionName(_ keyword: some StringProtocol) -> String {
        keyword.lowercased().replacing("_", with: "-")
    }

    private func help(_ words: ArraySlice<LineWord>) throws(CommandFailure) -> PromptRequest {
        guard let word = words.first?.text else { return .help(verb: nil) }
        guard words.count == 1 else { throw CommandFailure(.usage, "help takes one verb") }
        guard let verb = try seedVerb(word) ?? verb(word) else { throw unknown(word) }
        return .help(verb: verb.commandName)
    }

    func verb(_ word: String) -> HelpDump.Command? { verbs.first { $0.commandName == word.lowercased() } }

    private func unknown(_ word: String) -> CommandFailure {
        CommandFailure(.usage, UnknownVerb.message(word, among: verbs.map(\.commandName)))
    }
}

// MARK: - The tool's own verbs

extension CommandLanguage {
    private func ownArguments(_ first: String, _ rest: [String]) throws(CommandFailure) -> [String] {
        // `--version`, `--help`.
        if first.hasPrefix("-") { return [first] + rest }
        guard first.lowercased() != ReplCommand.name else {
            throw CommandFailure(.usage, "this is the prompt already; help says what it takes")
        }
        guard var command = verb(first) else { throw unknown(first) }
        var path = [command.commandName]
        var rest = rest[...]
        while let next = command.subcommands?.first(where: { $0.commandName == rest.first }) {
            command = next
            path.append(rest.removeFirst())
        }
        return path + defaults(for: command, unlessIn: rest) + rest
    }

    private static let verbosity = ["quiet", "verbose"]

    private func defaults(for command: HelpDump.Command, unlessIn given: some Sequence<String>) -> [String] {
        defaults.filter { option in
            // They exclude each other: a line's own takes the other's place.
            let names = Self.verbosity.contains(option.name) ? Self.verbosity : [option.name]
            let isGiven = names.contains { name in given.contains { $0 == "--" + name || $0.hasPrefix("--\(name)=") } }
            return command.option(option.name) != nil && !isGiven
        }.compactMap { name, value in
            guard command.option(name)?.takesValue == false else { return "--\(name)=\(value)" }
            return value == "true" ? "--\(name)" : nil
        }
    }
}

// MARK: - The seed's grammar

extension CommandLanguage {
    /// Nil where the word is none of the seed's.
    func seedVerb(_ word: String) throws(CommandFailure) -> HelpDump.Command? {
        let name = word.uppercased()
        guard name.hasPrefix(Self.server) else { return nil }
        if let known = seedVerbs.first(where: { $0.word == name }) { return known.verb }
        guard name == Self.root || name.hasPrefix(Self.root + ".") || nearestSeedWord(name) != nil else {
            throw CommandFailure(
                .usage,
                "\(CommandFailure.printable(word)) is a command of the server's own, not one of a migration: this tool "
                    + "has \(Self.root) and \(Self.root).<VERB>; see help"
            )
        }
        throw CommandFailure(.usage, UnknownVerb.message(word, among: seedVerbs.map(\.word)))
    }

    private func nearestSeedWord(_ name: String) -> String? { NearestWord.find(name, in: seedVerbs.map(\.word)) }

    private func seedArguments(
        _ command: HelpDump.Command,
        _ words: ArraySlice<LineWord>
    ) throws(CommandFailure) -> [String] {
        var options: [String] = []
        var values: [String] = []
        var words = words
        while let word = words.popFirst() {
            switch Self.role(of: word, in: command) {
            case .option(let name, _) where name.contains("=") || command.option(name)?.takesValue != true:
                options.append("--" + name)
            case .option(let name, let argument):
                guard let value = words.popFirst() else {
                    let needed = argument?.valueName ?? "value"
                    throw CommandFailure(.usage, "\(CommandFailure.printable(word.text)) needs a value: <\(needed)>")
                }
                options.append("--\(name)=\(value.text)")
            case .value:
                try Self.checkRoom(for: word, among: values, of: command)
                values.append(word.text)
            }
        }
        return [command.commandName] + defaults(for: command, unlessIn: options) + options + ["--"] + values
    }

    enum WordRole {
        /// The name without dashes; with `=value` where it stood in one word. The definition is nil where there is none.
        case option(String, HelpDump.Argument?)
        case value
    }

    static func role(of word: LineWord, in command: HelpDump.Command) -> WordRole {
        guard !word.isQuoted else { return .value }
        if word.text.hasPrefix("--"), word.text.utf8.count > 2 {
            let name = String(word.text.dropFirst(2))
            return .option(name, command.option(name.prefix { $0 != "=" }))
        }
        let name = optionName(word.text)
        guard let argument = command.option(name), !argument.isOfParser,
            !command.literals.contains(word.text.uppercased())
        else { return .value }
        return .option(name, argument)
    }

    /// Whether the word, unquoted, would be an option's name.
    static func isOption(_ word: String, of command: HelpDump.Command) -> Bool {
        if case .option = role(of: LineWord(text: word), in: command) { true } else { false }
    }

    /// The argument parser would only say that there are too many.
    private static func checkRoom(
        for word: LineWord,
        among values: [String],
        of command: HelpDump.Command
    ) throws(CommandFailure) {
        let places = command.positionals
        guard values.count >= places.count, places.last?.isRepeating != true else { return }
        let keywords = command.wordArguments.flatMap(\.longNames).map(keyword)
        let nearest = NearestWord.find(word.text, in: keywords).map { " (did you mean \($0)?)" } ?? ""
        throw CommandFailure(
            .usage,
            "unknown option '\(CommandFailure.printable(String(word.text.prefix(80))))'\(nearest); see help "
                + command.commandName
        )
    }
}

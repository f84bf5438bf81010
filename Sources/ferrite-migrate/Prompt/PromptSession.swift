/// A command that cannot be a line of the prompt the way it was asked for.
protocol RefusedAtPrompt {
    /// Why, and what to do instead; nil where it can be.
    var refusalAtPrompt: String? { get }
}

/// Carries out one line after the other. None leaves anything behind that the next would notice.
struct PromptSession: Sendable {
    enum Outcome: Equatable {
        case done(ExitReason)
        /// The line was `quit` or its like.
        case end
    }

    let language: CommandLanguage
    let console: Console
    /// What the prompt itself says is JSON.
    let speaksJSON: Bool

    /// - Parameter number: Of the line in its script.
    func perform(_ words: Result<[LineWord], LineError>, number: Int? = nil) async -> Outcome {
        let line = Console.Line(isOfPrompt: true, number: number)
        let request: PromptRequest
        switch words {
        case .failure(let error): return .done(fail(CommandFailure(.usage, error.message), [], line))
        case .success(let words):
            do {
                request = try language.request(words)
            } catch {
                return .done(fail(error, words.map(\.text), line))
            }
        }
        switch request {
        case .nothing: return .done(.done)
        case .end: return .end
        case .help(let verb): return .done(await help(verb, line))
        case .command(let arguments): return .done(await EntryPoint.run(arguments, as: line))
        }
    }

    /// Says why a line could not become a command.
    func fail(_ failure: CommandFailure, _ words: [String], _ line: Console.Line) -> ExitReason {
        console.begin(line)
        if speaksJSON { console.speakJSON() }
        return EntryPoint.report(failure, words)
    }

    private func help(_ verb: String?, _ line: Console.Line) async -> ExitReason {
        let help = PromptHelp(language: language)
        guard let verb else {
            console.begin(line)
            console.output(help.overview)
            return .done
        }
        let status = await EntryPoint.run(["help", verb], as: line)
        console.output(help.grammar(of: verb))
        return status
    }
}

import ArgumentParser
import Glibc

@main
enum EntryPoint {
    static func main() async {
        // A reader that goes away shows as EPIPE, which the console knows; a worker's sockets likewise.
        signal(SIGPIPE, SIG_IGN)
        let given = Array(CommandLine.arguments.dropFirst())
        let opensPrompt = given.isEmpty && console.inputIsTerminal && console.outputIsTerminal
        exit(await run(opensPrompt ? [ReplCommand.name] : given).rawValue)
    }

    static let console = Console()

    /// Runs one command line, of the shell or of the prompt.
    static func run(_ arguments: [String], as line: Console.Line = Console.Line()) async -> ExitReason {
        console.begin(line)
        if asksForJSON(arguments, .process) { console.speakJSON() }
        let status = await perform(arguments)
        guard status == .done, let failure = console.failure else { return status }
        return report(failure, arguments)
    }

    /// Whether errors shall be JSON, as far as that can be told before the arguments and the settings were read.
    static func asksForJSON(_ arguments: [String], _ environment: Environment) -> Bool {
        if let index = arguments.lastIndex(where: { $0 == "--format" || $0.hasPrefix("--format=") }) {
            let value = arguments[index] == "--format" ? arguments.dropFirst(index + 1).first : nil
            return arguments[index] == "--format=json" || value == "json"
        }
        return environment[Setting.format.variable] == OutputFormat.json.rawValue
    }

    private static func perform(_ arguments: [String]) async -> ExitReason {
        do {
            guard !arguments.isEmpty else {
                console.error(FerriteMigrate.helpMessage() + "\n")
                return .usage
            }
            var command = try FerriteMigrate.parseAsRoot(arguments)
            if console.isOfPrompt, let refusal = (command as? any RefusedAtPrompt)?.refusalAtPrompt {
                throw CommandFailure(.usage, refusal)
            }
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            guard !Task.isCancelled else {
                console.notice("interrupted; a migration that has a worker goes on: status ALL")
                return .failed
            }
            return report(error, arguments)
        }
        return .done
    }

    /// Says in one line what went wrong.
    static func report(_ error: any Error, _ arguments: [String]) -> ExitReason {
        if let failure = error as? CommandFailure {
            if let message = failure.message {
                console.failure(ArgumentSecrets.scrubbed(message, of: arguments), failure.status)
            }
            return failure.status
        }
        // Help, the version and completion scripts arrive as errors, too.
        if FerriteMigrate.exitCode(for: error).isSuccess {
            console.output(FerriteMigrate.fullMessage(for: error) + "\n")
            return .done
        }
        let status: ExitReason = FerriteMigrate.exitCode(for: error) == .validationFailure ? .usage : .failed
        let message = usageMessage(FerriteMigrate.message(for: error), arguments)
        console.failure(ArgumentSecrets.scrubbed(message, of: arguments), status)
        return status
    }

    /// The argument parser's words, begun as the middle of a line, with the page that explains more.
    private static func usageMessage(_ message: String, _ arguments: [String]) -> String {
        var command: any ParsableCommand.Type = FerriteMigrate.self
        var path: [String] = []
        // As far as the arguments are verbs and verbs of verbs.
        for word in arguments {
            let verbs = command.configuration.subcommands
            guard !verbs.isEmpty, !word.hasPrefix("-") else { break }
            guard let verb = verbs.first(where: { $0.configuration.commandName == word }) else {
                return thereIsNo(path + [word], among: verbs)
            }
            command = verb
            path.append(word)
        }
        let advice = message.contains("; ") ? "" : "; see \((["ferrite-migrate"] + path).joined(separator: " ")) --help"
        return decapitalized(message) + advice
    }

    private static func thereIsNo(_ words: [String], among verbs: [any ParsableCommand.Type]) -> String {
        let shown = verbs.filter { $0.configuration.shouldDisplay }.compactMap { $0.configuration.commandName }
        return UnknownVerb.message(words.joined(separator: " "), among: shown)
    }

    private static func decapitalized(_ text: String) -> String {
        text.prefix(1).lowercased() + text.dropFirst()
    }
}

import ArgumentParser
import Glibc

@main
enum EntryPoint {
    static func main() async {
        // A reader that goes away shows as EPIPE, which the console knows; a worker's sockets likewise.
        signal(SIGPIPE, SIG_IGN)
        exit(await run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    static let console = Console()

    private static func run(_ arguments: [String]) async -> ExitReason {
        if asksForJSON(arguments, .process) { console.speakJSON() }
        let status = await perform(arguments)
        guard status == .done, let failure = console.failure else { return status }
        return report(failure, arguments)
    }

    /// Whether errors shall be JSON, as far as that can be told before the arguments and the settings were read.
    static func asksForJSON(_ arguments: [String], _ environment: Environment) -> Bool {
        if arguments.contains("--format=json") { return true }
        if let index = arguments.lastIndex(of: "--format") { return arguments.dropFirst(index + 1).first == "json" }
        return environment[Setting.format.variable] == OutputFormat.json.rawValue
    }

    private static func perform(_ arguments: [String]) async -> ExitReason {
        do {
            var command = try FerriteMigrate.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            return report(error, arguments)
        }
        return .done
    }

    /// Says in one line what went wrong.
    private static func report(_ error: any Error, _ arguments: [String]) -> ExitReason {
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
        let commands = FerriteMigrate.configuration.subcommands
        let verbs = commands.compactMap { $0.configuration.commandName }
        guard let first = arguments.first, !first.hasPrefix("-") else {
            return decapitalized(message) + "; see ferrite-migrate --help"
        }
        guard verbs.contains(first) else {
            let known = commands.filter { $0.configuration.shouldDisplay }.compactMap {
                $0.configuration.commandName
            }
            return
                "there is no verb '\(CommandFailure.printable(first))': it is one of \(known.joined(separator: ", "))"
        }
        let advice = message.contains("; ") ? "" : "; see ferrite-migrate \(first) --help"
        return decapitalized(message) + advice
    }

    private static func decapitalized(_ text: String) -> String {
        text.prefix(1).lowercased() + text.dropFirst()
    }
}

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
        let status = await perform(arguments)
        guard status == .done, let failure = console.failure else { return status }
        return report(failure)
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
            return report(error)
        }
        return .done
    }

    /// Says in one line what went wrong.
    private static func report(_ error: any Error) -> ExitReason {
        if let failure = error as? CommandFailure {
            if let message = failure.message { console.notice(message) }
            return failure.status
        }
        // Help, the version and completion scripts arrive as errors, too.
        if FerriteMigrate.exitCode(for: error).isSuccess {
            console.output(FerriteMigrate.fullMessage(for: error) + "\n")
            return .done
        }
        console.notice("\(FerriteMigrate.message(for: error)); see ferrite-migrate --help")
        return FerriteMigrate.exitCode(for: error) == .validationFailure ? .usage : .failed
    }
}

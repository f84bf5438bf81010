import FoundationEssentials
import MigrationCore
import RedisClient

/// An operator's command that prints a password, run for every login: for tokens that expire. What it prints is told to
/// nobody.
struct PasswordCommand: Sendable {
    static let timeout = Duration.seconds(10)

    /// For `/bin/sh -c`.
    let line: String

    /// The first line of its standard output. What it has left running is its own affair.
    func run() async throws(RedisEndpoint.PasswordFault) -> String {
        var process: HookProcess
        do throws(MigrationFailure) {
            // Behind its output nothing else may be taken for the password.
            let script = "exec 2>/dev/null\n\(line)"
            let environment = ProcessInfo.processInfo.environment
            process = try HookProcess(path: "/bin/sh", arguments: ["-c", script], environment: environment, input: "")
        } catch {
            throw .init("the password command cannot be started: /bin/sh is missing or no process can be made")
        }
        let ending = await process.wait(timeout: Self.timeout)
        switch ending.how {
        case .exited(0): return try Self.password(ending.output)
        case .exited(let code): throw .init("the password command ended with code \(code); run it by hand")
        case .killed(let signal): throw .init("the password command was ended by signal \(signal); run it by hand")
        case .tookTooLong:
            throw .init("the password command took longer than \(Self.timeout.components.seconds) s and was ended")
        }
    }

    private static func password(_ output: [UInt8]) throws(RedisEndpoint.PasswordFault) -> String {
        var line = output.prefix { $0 != UInt8(ascii: "\n") }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty, let text = String(validating: line, as: UTF8.self) else {
            throw .init("the first line that the password command prints is not a password")
        }
        return text
    }
}

import Foundation
import Glibc

/// The tool did not do what it should; the text is for people.
package struct ToolError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The built `ferrite-migrate`, run as a person would run it, with a journal folder of its own. Whatever it leaves
/// running is ended with this value.
package final class MigrateTool: Sendable {
    package let program: String
    private let source: Endpoint
    private let target: Endpoint
    /// Where the source may be, too.
    private let replicas: [Endpoint]
    private let folder = try? TemporaryFolder()
    /// Added to this process's environment for the tool.
    package let environment: [String: String]
    package let journal: String

    /// Finds the program at `FERRITE_MIGRATE_BIN`, else beside this process's own program.
    ///
    /// - Parameter extra: Variables for every run.
    package init(
        source: Endpoint,
        replicas: [Endpoint] = [],
        target: Endpoint,
        environment extra: [String: String] = [:]
    ) throws {
        guard let folder else { throw ToolError("no temporary folder can be made") }
        program = try Self.find()
        journal = folder.file("journal")
        self.source = source
        self.target = target
        self.replicas = replicas
        var environment = ["FERRITE_MIGRATE_JOURNAL": journal]
        // A password never stands in an argument: any user of the machine could read it there.
        environment["FERRITE_MIGRATE_SOURCE_PASSWORD"] = source.password
        environment["FERRITE_MIGRATE_TARGET_PASSWORD"] = target.password
        self.environment = environment.merging(extra) { $1 }
        EndBySignal.add(journal) { [journal] in Self.endAll(journal) }
    }

    deinit {
        endAll()
        EndBySignal.remove(journal)
    }

    /// Runs one command to its end, blocking the thread.
    ///
    /// - Parameter extra: Added to the environment, or put in the place of what is there; likewise below.
    package func run(
        _ arguments: [String],
        environment extra: [String: String] = [:],
        timeout: Double = 600
    ) throws -> ProgramRun {
        try ProgramRun(
            path: program,
            arguments: arguments,
            environment: environment.merging(extra) { $1 },
            timeout: timeout
        )
    }

    /// Starts one command, which is not waited for.
    package func start(
        _ arguments: [String],
        environment extra: [String: String] = [:],
        output: String? = nil,
        errors: String? = nil
    ) throws -> ChildProcess {
        try ChildProcess(
            path: program,
            arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment.merging(extra) { $1 }) { $1 },
            output: output,
            errors: errors
        )
    }

    /// Runs one command with `--format json`; any exit code but those of `accepting` is thrown.
    package func json(_ arguments: [String], accepting: Set<Int> = [0], timeout: Double = 600) throws -> ToolAnswer {
        let run = try run(arguments + ["--format", "json"], timeout: timeout)
        guard accepting.contains(run.code) else {
            let said = run.errors.isEmpty ? run.output : run.errors
            throw ToolError("\(arguments.first ?? "") ended with code \(run.code): \(said)")
        }
        return ToolAnswer(run.output)
    }

    /// The arguments of `migrate`, without the verb's own options.
    package func migrateArguments(_ tenant: String, _ options: [String] = []) -> [String] {
        let sources = ([source] + replicas).map(\.url).joined(separator: ",")
        return ["migrate", tenant, "--source", sources, "--target", target.url] + options
    }

    package func validateArguments(_ tenant: String) -> [String] {
        ["validate", tenant, "--source", source.url, "--target", target.url]
    }

    /// Starts a detached migration and returns its id.
    package func migrate(_ tenant: String, _ options: [String] = []) throws -> String {
        guard let id = try json(migrateArguments(tenant, options)).text("migration_id") else {
            throw ToolError("migrate gave no migration_id")
        }
        return id
    }

    package func status(_ id: String) throws -> ToolAnswer { try json(["status", id]) }

    /// Starts `migrate --foreground` without waiting for it.
    package func startForeground(
        _ tenant: String,
        _ options: [String] = [],
        environment extra: [String: String] = [:]
    ) throws -> ChildProcess {
        try start(
            migrateArguments(tenant, ["--foreground"] + options),
            environment: extra,
            output: folder?.file("foreground.out"),
            errors: folder?.file("foreground.err")
        )
    }

    /// What the foreground process has said so far.
    package var foregroundErrors: String {
        String(decoding: folder?.contents("foreground.err") ?? Data(), as: UTF8.self)
    }

    /// The events of the newest migration in the journal.
    package var events: JournalEvents { JournalEvents(journal: journal) }

    /// The ids of all processes that work on this journal.
    package var processes: [pid_t] { Self.processes(journal) }

    /// Kills all processes that work on this journal.
    package func endAll() { Self.endAll(journal) }

    private static func processes(_ journal: String) -> [pid_t] {
        let mark = Data(journal.utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { pid in
            guard pid != getpid() else { return false }
            return ["environ", "cmdline"].contains { file in
                FileManager.default.contents(atPath: "/proc/\(pid)/\(file)")?.range(of: mark) != nil
            }
        }
    }

    /// The oldest first: a supervisor must not start a new worker. Looked at again, in case one did.
    private static func endAll(_ journal: String) {
        for _ in 0..<3 {
            for pid in processes(journal).sorted() { kill(pid, SIGKILL) }
        }
    }

    private static func find() throws -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/ferrite-migrate"
        let path = ProcessInfo.processInfo.environment["FERRITE_MIGRATE_BIN"] ?? beside
        guard access(path, X_OK) == 0 else { throw ToolError("no ferrite-migrate at \(path); build it first") }
        return path
    }
}

extension Endpoint {
    /// The address for the tool's command line, without the password.
    package var url: String {
        guard isEncrypted || user != nil else { return address }
        return "\(isEncrypted ? "rediss" : "redis")://\(user.map { "\($0)@" } ?? "")\(host):\(port)"
    }
}

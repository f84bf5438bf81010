import CSys
import Glibc
import MigrationCore

/// A process that outlives the command that started it: the same binary in a session of its own, its output in
/// worker.log.
package struct WorkerProcess: Sendable {
    package enum Role: String, Sendable {
        /// Runs the migration.
        case worker
        /// Starts a worker, and another where it dies.
        case supervisor
    }

    package let processID: Int
    package let folder: MigrationFolder

    /// Starts `ferrite-migrate <role> <id> --journal <root> <options>`.
    ///
    /// - Parameters:
    ///   - options: Of the hidden verb, behind the others.
    ///   - environment: Passed on without the variables that hold passwords.
    ///   - executable: This very binary, even if another has taken its place on the disk meanwhile.
    package static func start(
        _ plan: MigrationPlan,
        as role: Role = .worker,
        in root: JournalRoot,
        options: [String] = [],
        secrets: WorkerSecrets,
        environment: [String: String],
        executable: String = "/proc/self/exe"
    ) throws(WorkerError) -> WorkerProcess {
        let folder = MigrationFolder(id: plan.id, path: root.path + "/" + plan.id)
        let arguments = ["ferrite-migrate", role.rawValue, plan.id, "--journal", root.path] + options
        let variables = withoutPasswords(environment, plan).map { "\($0.key)=\($0.value)" }
        let input = try secrets.pipe()
        defer { close(input) }
        var process: pid_t = 0
        let code = withCStrings(arguments) { arguments in
            withCStrings(variables) { variables in
                csys_spawn_detached(&process, executable, arguments, variables, input, folder.workerLog)
            }
        }
        guard code == 0 else { throw .cannotStart(what: folder.workerLog, code: code) }
        return WorkerProcess(processID: Int(process), folder: folder)
    }

    private static let secretNames = ["_PASSWORD", "_KEY_PASSPHRASE"]

    /// `FERRITE_MIGRATE_…_PASSWORD`, passphrases, and whatever the plan names as the place of one.
    private static func withoutPasswords(_ environment: [String: String], _ plan: MigrationPlan) -> [String: String] {
        let servers = [plan.source, plan.target]
        let named = servers.flatMap { [$0.secret, $0.tls?.keyPassphrase] }.compactMap { secret -> String? in
            if case .environment(let name) = secret { name } else { nil }
        }
        return environment.filter { name, _ in
            let isOwn = name.hasPrefix("FERRITE_MIGRATE_")
            return !named.contains(name) && !(isOwn && secretNames.contains { name.hasSuffix($0) })
        }
    }
}

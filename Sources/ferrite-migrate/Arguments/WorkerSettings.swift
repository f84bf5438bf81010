import FoundationEssentials
import MigrationCore
import MigrationEngine

/// What a worker does beside the migration, from the settings.
extension Settings {
    func workerOptions() throws(CommandFailure) -> WorkerOptions {
        do throws(PlanError) {
            return try WorkerOptions(
                metricsListen: given(.metricsListen),
                metricsFile: given(.metricsFile).map(Self.metricsPath),
                hooks: given(.hooks).map { URL(filePath: $0).standardizedFileURL.path },
                hookTimeoutSeconds: number(.hookTimeout),
                lagHighKeys: number(.lagHigh)
            )
        } catch {
            throw CommandFailure(error)
        }
    }

    /// What an earlier worker was given, with what the command line says now: the file and the environment were asked
    /// when the migration began.
    func workerOptions(after last: WorkerOptions?) throws(CommandFailure) -> WorkerOptions {
        var options = try workerOptions()
        if origin(.metricsListen) != .option { options.metricsListen = last?.metricsListen }
        if origin(.metricsFile) != .option { options.metricsFile = last?.metricsFile }
        if origin(.hooks) != .option { options.hooks = last?.hooks }
        if origin(.hookTimeout) != .option { options.hookTimeoutSeconds = last?.hookTimeoutSeconds }
        if origin(.lagHigh) != .option { options.lagHighKeys = last?.lagHighKeys }
        return options
    }

    private func given(_ setting: Setting) -> String? {
        text(setting).flatMap { $0 == Setting.none ? nil : $0 }
    }

    /// The worker has another working folder. In a folder the file is named after the tenant and not the migration: of
    /// a series that is in two files node_exporter shows either.
    private static func metricsPath(_ text: String) -> String {
        let path = URL(filePath: text).standardizedFileURL.path
        guard text.hasSuffix("/") || MetricsFile.isFolder(path) else { return path }
        return (path.hasSuffix("/") ? path : path + "/") + "ferrite_migrate_{tenant}.prom"
    }
}

extension WorkerOptions {
    /// Hooks are looked at before anything is created: one that cannot be run must not be found out in the cutover.
    func checkHooks(warn: (String) -> Void) throws(CommandFailure) {
        guard let hooks else { return }
        let strangers: [String]
        do {
            strangers = try HookFolder(hooks).check()
        } catch {
            throw CommandFailure(error)
        }
        guard !strangers.isEmpty else { return }
        let names = strangers.map { CommandFailure.printable($0) }.joined(separator: ", ")
        let known = HookName.allCases.map(\.rawValue).joined(separator: ", ")
        warn("\(hooks) has files that are no hooks: \(names); the hooks are \(known)")
    }
}

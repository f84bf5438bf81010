import FoundationEssentials
import Logging
import MigrationCore
import MigrationEngine

extension MigrationHooks {
    /// The hooks of a migration; nil where it has none.
    convenience init?(_ contents: JournalContents, in folder: MigrationFolder, logger: Logger) {
        guard let options = contents.workerOptions, let path = options.hooks else { return nil }
        var environment = ProcessInfo.processInfo.environment
        // So that a program can call this one.
        environment[Setting.journal.variable] = String(folder.path.dropLast(folder.id.utf8.count + 1))
        self.init(
            folder: HookFolder(path),
            timeout: .seconds(options.hookTimeoutSeconds ?? WorkerOptions.defaultHookTimeout),
            environment: environment,
            logger: logger
        ) { name, status in
            let status = OutputField("status", .object(status.fields))
            let all = [OutputField("event", .text(name.rawValue)), OutputField("at", .date(Date())), status]
            return HookFacts(environment: status.value.variables, json: JSONText.object(all))
        }
    }
}

extension OutputValue {
    /// `HOOK_` and the name, for each field of an object that is one value.
    fileprivate var variables: [String: String] {
        guard case .object(let fields) = self else { return [:] }
        var variables: [String: String] = [:]
        for field in fields where field.audience != .people {
            variables["HOOK_\(field.name.uppercased())"] = field.value.plain
        }
        return variables
    }

    /// As in JSON, text without its quotes; nil where it is more than one value.
    private var plain: String? {
        switch self {
        case .text(let text), .state(let text): text.filter { $0 != "\0" }
        case .number, .decimal, .exact, .percent, .flag: JSONText.value(self)
        case .date(let date): date.formatted(.iso8601)
        case .array, .object: nil
        }
    }
}

import FoundationEssentials
import MigrationEngine

/// The `FERRITE_MIGRATE_*` variables; one that is set to nothing counts as not set.
struct Environment {
    static let prefix = "FERRITE_MIGRATE_"

    let variables: [String: String]

    init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// The variables of this process that concern this program, or seem to.
    static var process: Environment {
        let others: Set = ["XDG_STATE_HOME", "HOME", "NO_COLOR", "TERM", "COLUMNS"]
        return Environment(
            ProcessInfo.processInfo.environment.filter { $0.key.hasPrefix(prefix) || others.contains($0.key) }
        )
    }

    /// A line for each variable that is named like this program's and is none, in the order of their names.
    var unknown: [String] {
        let known = Setting.allCases.map(\.variable) + [Self.prefix + "CONFIG"]
        // By the last one the demo, the benchmark and the tests are told where this program is.
        let silent = known + [FailPoint.variable, Self.prefix + "BIN"]
        let names = variables.keys.filter { $0.hasPrefix(Self.prefix) && !silent.contains($0) && self[$0] != nil }
        return names.sorted().map { name in
            let words = known.map { String($0.dropFirst(Self.prefix.count)) }
            let meant =
                NearestWord.find(String(name.dropFirst(Self.prefix.count)), in: words)
                .map { "; did you mean \(Self.prefix)\($0)?" } ?? ""
            return "\(CommandFailure.printable(name)) is no variable of this program; it does not count\(meant)"
        }
    }

    subscript(name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func settings() throws(CommandFailure) -> [Setting: LocatedValue] {
        var values: [Setting: LocatedValue] = [:]
        for setting in Setting.allCases {
            guard let text = self[setting.variable] else { continue }
            values[setting] = try setting.parse(text, origin: .environment)
        }
        return values
    }
}

import Glibc

/// The `FERRITE_MIGRATE_*` variables; one that is set to nothing counts as not set.
struct Environment {
    static let prefix = "FERRITE_MIGRATE_"

    let variables: [String: String]

    init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// The variables of this process that concern this program.
    static var process: Environment {
        var names = Setting.allCases.map(\.variable)
        names += [prefix + "CONFIG", "XDG_STATE_HOME", "HOME", "NO_COLOR", "TERM", "COLUMNS"]
        var variables: [String: String] = [:]
        for name in names {
            variables[name] = getenv(name).map { String(cString: $0) }
        }
        return Environment(variables)
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

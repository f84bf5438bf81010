/// What the owner of a settings file should know of it.
struct ConfigFinding: Equatable {
    enum Severity: String {
        /// It is refused.
        case error
        /// It does not count.
        case warning
    }

    let severity: Severity
    /// Counted from 1; nil where the place is not known.
    var line: Int?
    var table: Setting.Table?
    var key: String?
    /// One line that begins with the place.
    let message: String
}

extension ConfigFinding {
    /// A key that means nothing in its table.
    static func unknown(_ key: String, in table: Setting.Table, path: String, line: Int?) -> ConfigFinding {
        let place = line.map { "\(path), line \($0)" } ?? path
        let printable = CommandFailure.printable(key)
        let advice = meant(by: key, in: table).map { "; did you mean \($0)?" } ?? ""
        return ConfigFinding(
            severity: .warning,
            line: line,
            table: table,
            key: key,
            message: "\(place): [\(table.rawValue)] has no setting '\(printable)'; it does not count\(advice)"
        )
    }

    /// Settings are known by their names on the command line, too.
    private static func meant(by key: String, in table: Setting.Table) -> String? {
        var names: [(word: String, meant: String)] = []
        for setting in Setting.allCases where setting.kind != .secret {
            let place = setting.table == table ? "" : " in [\(setting.table.rawValue)]"
            let words = [setting.rawValue] + (setting.option.map { [$0.replacing("-", with: "_")] } ?? [])
            names += words.map { ($0, setting.rawValue + place) }
        }
        for table in Setting.Table.allCases {
            names.append((String(table.rawValue.split(separator: ".").last ?? ""), "[\(table.rawValue)]"))
        }
        guard let word = NearestWord.find(key, in: names.map { $0.word }) else { return nil }
        return names.first { $0.word == word }?.meant
    }
}

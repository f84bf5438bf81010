import FoundationEssentials
import MigrationCore
import TOMLKit

/// The operator's file: the `[tenancy.migration]` tables of a Ferrite server's own `ferrite.toml`.
struct ConfigFile {
    static let defaultPaths = ["./ferrite.toml", "/etc/ferrite/ferrite.toml"]

    /// Nil where no file was read.
    private(set) var path: String?
    private(set) var settings: [Setting: LocatedValue] = [:]
    /// All that is amiss, in the order of the lines.
    private(set) var findings: [ConfigFinding] = []

    /// Lines for standard error: keys that mean nothing here, a default file that cannot be read.
    var warnings: [String] { findings.filter { $0.severity == .warning }.map(\.message) }

    /// Reads `path`, which must be there, or else the first of the default files that is.
    ///
    /// - Throws: Also the first error in it.
    static func load(
        _ path: String?,
        defaults: [String] = ConfigFile.defaultPaths
    ) throws(CommandFailure) -> ConfigFile {
        try find(path, defaults: defaults).withoutErrors()
    }

    /// As `load`, with errors among the findings; only a file that cannot be read is thrown.
    static func find(
        _ path: String?,
        defaults: [String] = ConfigFile.defaultPaths
    ) throws(CommandFailure) -> ConfigFile {
        if let path { return ConfigFile(examining: path, text: try ConfigText.read(path)) }
        var file = ConfigFile()
        guard let found = defaults.first(where: { FileManager.default.fileExists(atPath: $0) }) else { return file }
        guard FileManager.default.isReadableFile(atPath: found) else {
            // Often the server's own file, which an operator of the tool need not be allowed to read.
            let message = "\(found) cannot be read; its settings do not count"
            file.findings = [ConfigFinding(severity: .warning, message: message)]
            return file
        }
        return ConfigFile(examining: found, text: try ConfigText.read(found))
    }

    /// - Throws: The first error.
    init(path: String, text: String) throws(CommandFailure) {
        self = try ConfigFile(examining: path, text: text).withoutErrors()
    }

    private init() {}

    private init(examining path: String, text: String) {
        self.path = path
        do throws(ConfigError) {
            let root = try Self.parse(text, path: path)
            let lines = TOMLLines(text)
            for table in Setting.Table.allCases { examine(table, of: root, lines) }
        } catch {
            findings.append(error.finding)
        }
        findings.sort { ($0.line ?? .max, $0.message) < ($1.line ?? .max, $1.message) }
    }

    private func withoutErrors() throws(CommandFailure) -> ConfigFile {
        guard let error = findings.first(where: { $0.severity == .error }) else { return self }
        throw CommandFailure(.configuration, error.message)
    }

    private mutating func examine(_ table: Setting.Table, of root: TOMLTable, _ lines: TOMLLines) {
        let contents: TOMLTable
        do throws(ConfigError) {
            guard let found = try Self.find(table, in: root, path: path ?? "", lines) else { return }
            contents = found
        } catch {
            // The table of a table that is none is none, too: told once.
            if !findings.contains(error.finding) { findings.append(error.finding) }
            return
        }
        for key in contents.keys where !Self.isTable(key, of: table) {
            let line = lines.line(of: table.path + [key])
            guard let setting = Setting.allCases.first(where: { $0.rawValue == key && $0.table == table }) else {
                findings.append(.unknown(key, in: table, path: path ?? "", line: line))
                continue
            }
            do throws(CommandFailure) {
                settings[setting] = try setting.read(contents[key], origin: .file(path: path ?? "", line: line))
            } catch {
                let message = error.message ?? ""
                findings.append(.init(severity: .error, line: line, table: table, key: key, message: message))
            }
        }
    }

    private static func parse(_ text: String, path: String) throws(ConfigError) -> TOMLTable {
        do {
            return try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let reason = error.description.split(separator: "\n").joined(separator: " ")
            throw ConfigError(path, line: error.source.begin.line, reason)
        } catch {
            throw ConfigError(path, line: nil, "it is not TOML")
        }
    }

    private static func find(
        _ table: Setting.Table,
        in root: TOMLTable,
        path: String,
        _ lines: TOMLLines
    ) throws(ConfigError) -> TOMLTable? {
        var current = root
        for (depth, name) in table.path.enumerated() {
            guard let value = current[name] else { return nil }
            guard let next = value.table else {
                let way = table.path[...depth]
                let line = lines.line(of: Array(way))
                throw ConfigError(path, line: line, "[\(way.joined(separator: "."))] must be a table")
            }
            current = next
        }
        return current
    }

    private static func isTable(_ key: String, of table: Setting.Table) -> Bool {
        Setting.Table.allCases.contains { $0.rawValue == "\(table.rawValue).\(key)" }
    }
}

/// Why a file, or a table of it, cannot be read.
private struct ConfigError: Error {
    let finding: ConfigFinding

    init(_ path: String, line: Int?, _ reason: String) {
        let place = line.map { "\(path), line \($0)" } ?? path
        finding = ConfigFinding(severity: .error, line: line, message: "\(place): \(reason)")
    }
}

extension Setting.Table {
    fileprivate var path: [String] { rawValue.split(separator: ".").map(String.init) }
}

extension Setting {
    /// The value of the file, of exactly this setting's type: TOML has types, so nothing is guessed.
    fileprivate func read(
        _ value: (any TOMLValueConvertible)?,
        origin: SettingOrigin
    ) throws(CommandFailure) -> LocatedValue {
        guard kind != .secret else {
            throw CommandFailure(
                .configuration,
                "\(place(origin)): a password does not belong there; set \(rawValue)_file or \(variable)"
            )
        }
        let read: SettingValue? =
            switch kind {
            case .text, .choice, .secret, .listenAddress: value?.string.map { .text($0) }
            case .flag: value?.bool.map { .flag($0) }
            case .number: value?.int.map { .number($0) }
            case .bytes: (value?.int ?? value?.string.flatMap(Self.bytes)).map { .number($0) }
            case .duration: (value?.int ?? value?.string.flatMap(Self.seconds)).map { .number($0) }
            case .numbers: Self.integers(value).map { .numbers($0) }
            }
        guard let read else {
            throw CommandFailure(
                .configuration,
                "\(place(origin)) is \(Self.article(value?.type)): allowed is \(allowed)"
            )
        }
        let located = try check(read, origin: origin)
        if let error = planError(read) {
            throw CommandFailure(.configuration, "\(place(origin)): \(error.message)")
        }
        return located
    }

    /// What every plan would refuse: a check of the file shall not find it good.
    private func planError(_ value: SettingValue) -> PlanError? {
        guard case .text(let text) = value else { return nil }
        do throws(PlanError) {
            switch self {
            case .source: _ = try Settings.urls(text, severalAllowed: true)
            case .target: _ = try Settings.urls(text, severalAllowed: false)
            case .keyPrefixFormat: try TenantScope.check(format: text)
            default: break
            }
            return nil
        } catch {
            return error
        }
    }

    private static func integers(_ value: (any TOMLValueConvertible)?) -> [Int]? {
        guard let array = value?.array else { return nil }
        let numbers = array.map { $0.int }
        return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
    }

    private static func article(_ type: TOMLType?) -> String {
        switch type {
        case .array: "an array"
        case .int: "an integer"
        case let type?: "a \(type)"
        case nil: "nothing"
        }
    }
}

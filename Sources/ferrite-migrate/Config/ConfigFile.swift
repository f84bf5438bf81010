import FoundationEssentials
import TOMLKit

/// The operator's file: the `[tenancy.migration]` tables of a Ferrite server's own `ferrite.toml`.
struct ConfigFile {
    static let defaultPaths = ["./ferrite.toml", "/etc/ferrite/ferrite.toml"]

    let settings: [Setting: LocatedValue]
    /// Lines for standard error: keys that mean nothing here, a default file that cannot be read.
    let warnings: [String]

    /// Reads `path`, which must be there, or else the first of the default files that is.
    static func load(
        _ path: String?,
        defaults: [String] = ConfigFile.defaultPaths
    ) throws(CommandFailure) -> ConfigFile {
        if let path { return try ConfigFile(path: path, text: read(path)) }
        guard let found = defaults.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            return ConfigFile(settings: [:], warnings: [])
        }
        guard FileManager.default.isReadableFile(atPath: found) else {
            // Often the server's own file, which an operator of the tool need not be allowed to read.
            return ConfigFile(settings: [:], warnings: ["\(found) cannot be read; its settings do not count"])
        }
        return try ConfigFile(path: found, text: read(found))
    }

    init(path: String, text: String) throws(CommandFailure) {
        let root = try Self.parse(text, path: path)
        var settings: [Setting: LocatedValue] = [:]
        var warnings: [String] = []
        for table in Setting.Table.allCases {
            guard let contents = try Self.find(table, in: root, path: path) else { continue }
            let lines = TOMLLines(text, table: table.rawValue)
            for key in contents.keys where !Self.isTable(key, of: table) {
                let origin = SettingOrigin.file(path: path, line: lines.line(of: key))
                guard let setting = Setting.allCases.first(where: { $0.rawValue == key && $0.table == table }) else {
                    warnings.append(Self.unknown(key, table, path, lines.line(of: key)))
                    continue
                }
                settings[setting] = try setting.read(contents[key], origin: origin)
            }
        }
        self.init(settings: settings, warnings: warnings)
    }

    private init(settings: [Setting: LocatedValue], warnings: [String]) {
        self.settings = settings
        self.warnings = warnings
    }

    private static func read(_ path: String) throws(CommandFailure) -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw CommandFailure(.configuration, "\(path) cannot be read; give --config a file that can")
        }
        guard let text = String(data: data, encoding: .utf8), !text.utf8.contains(0) else {
            throw CommandFailure(.configuration, "\(path) is not a text in UTF-8, as TOML must be")
        }
        return text
    }

    private static func parse(_ text: String, path: String) throws(CommandFailure) -> TOMLTable {
        do {
            return try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let reason = error.description.split(separator: "\n").joined(separator: " ")
            throw CommandFailure(.configuration, "\(path), line \(error.source.begin.line): \(reason)")
        } catch {
            throw CommandFailure(.configuration, "\(path) is not TOML")
        }
    }

    private static func find(
        _ table: Setting.Table,
        in root: TOMLTable,
        path: String
    ) throws(CommandFailure) -> TOMLTable? {
        var current = root
        for name in table.rawValue.split(separator: ".") {
            guard let value = current[String(name)] else { return nil }
            guard let next = value.table else {
                throw CommandFailure(.configuration, "\(path): \(name) of [\(table.rawValue)] is not a table")
            }
            current = next
        }
        return current
    }

    private static func isTable(_ key: String, of table: Setting.Table) -> Bool {
        Setting.Table.allCases.contains { $0.rawValue == "\(table.rawValue).\(key)" }
    }

    private static func unknown(_ key: String, _ table: Setting.Table, _ path: String, _ line: Int?) -> String {
        let place = line.map { "\(path), line \($0)" } ?? path
        return "\(place): [\(table.rawValue)] has no setting '\(CommandFailure.printable(key))'; it does not count"
    }
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
            case .text, .choice, .secret: value?.string.map { .text($0) }
            case .flag: value?.bool.map { .flag($0) }
            case .number: value?.int.map { .number($0) }
            case .bytes: (value?.int ?? value?.string.flatMap(Self.bytes)).map { .number($0) }
            case .numbers: Self.integers(value).map { .numbers($0) }
            }
        guard let read else {
            throw CommandFailure(
                .configuration,
                "\(place(origin)) is \(Self.article(value?.type)): allowed is \(allowed)"
            )
        }
        return try check(read, origin: origin)
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

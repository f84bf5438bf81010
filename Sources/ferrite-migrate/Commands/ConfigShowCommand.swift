import ArgumentParser
import MigrationEngine

struct ConfigShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show every setting with its value and where that comes from.",
        discussion: """
            A setting comes from its default, the settings file, the environment or an option; a later one wins. The \
            options of migrate and cutover are taken, too, so that it can be seen what a command line would do. Of a \
            password, or a passphrase, only is said that it is set.
            """
    )

    @OptionGroup
    var servers: ServerArguments

    @OptionGroup
    var transfer: TransferArguments

    @OptionGroup
    var cutover: CutoverArguments

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func run() async throws {
        let context = try CommandContext(common, servers, transfer, cutover)
        context.console.output(context.renderer.list(context.settingFields))
    }
}

extension CommandContext {
    /// Each setting's fields, in the order of the settings.
    var settingFields: [[OutputField]] {
        Setting.allCases.map { setting in
            let origin = settings.origin(setting)
            let value = valueInForce(setting)
            return [
                .init("setting", .text(setting.rawValue)),
                .init("table", .text(setting.table.rawValue), for: .programs),
                .init("value", .text(value?.text ?? setting.defaultText ?? ""), for: .people),
            ] + (value.map { [.init("value", $0.output, for: .programs)] } ?? []) + [
                .init("from", .text(setting.source(origin)))
            ] + setting.originFields(origin)
        }
    }

    private func valueInForce(_ setting: Setting) -> SettingValue? {
        switch setting {
        case .journal: .text(journal.path)
        case .format: .text(renderer.format.rawValue)
        case .sourcePassword, .targetPassword, .sourceKeyPassphrase, .targetKeyPassphrase:
            settings.value(setting).map { _ in .text("set") }
        case .source, .target: settings.text(setting).map { .text(Self.withoutLogins($0)) } ?? setting.defaultValue
        default: settings.value(setting)
        }
    }

    /// The address or addresses, without what stands before the `@` where that holds a password.
    private static func withoutLogins(_ url: String) -> String {
        ArgumentSecrets.scrubbed(url, of: [url])
    }
}

extension SettingValue {
    fileprivate var output: OutputValue {
        switch self {
        case .text(let text): .text(text)
        case .flag(let flag): .flag(flag)
        case .number(let number): .number(number)
        case .numbers(let numbers): .array(numbers.map { .number($0) })
        }
    }
}

extension Setting {
    /// Where a value stands, in the operator's words: `default`, a file's line, a variable, an option.
    fileprivate func source(_ origin: SettingOrigin?) -> String {
        switch origin {
        case nil: "default"
        case .file(let path, let line?): "\(path), line \(line)"
        case .file(let path, nil): path
        case .environment: variable
        case .option: "--\(option ?? rawValue)"
        }
    }

    fileprivate func originFields(_ origin: SettingOrigin?) -> [OutputField] {
        let word: String
        var fields: [OutputField] = []
        switch origin {
        case nil: word = "default"
        case .file(let path, let line):
            word = "file"
            fields.append(.init("file", .text(path), for: .programs))
            if let line { fields.append(.init("line", .number(line), for: .programs)) }
        case .environment: word = "environment"
        case .option: word = "option"
        }
        return [.init("origin", .text(word), for: .programs)] + fields
    }
}

import ArgumentParser

struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read a settings file and say all that is wrong with it.",
        discussion: """
            An unknown key is a warning, a wrong type or a value out of its range an error; each is named with its \
            line. The exit code is 78 where there is an error, with --strict also where there is a warning.
            """
    )

    @Argument(help: "The file (default: the one that the other verbs would read).", completion: .file())
    var file: String?

    @Flag(help: "Warnings count as errors.")
    var strict = false

    @OptionGroup(title: "Common options")
    var common: CommonArguments

    func validate() throws {
        if file != nil, common.config != nil {
            throw ValidationError("FILE and --config exclude each other; give one of them")
        }
    }

    func run() async throws {
        let context = try CommandContext(withoutFile: common)
        let file = try ConfigFile.find(file ?? CommandContext.configPath(common, context.environment))
        guard file.path != nil || !file.findings.isEmpty else {
            let places = ConfigFile.defaultPaths.joined(separator: " and no ")
            throw CommandFailure(.configuration, "there is no \(places); give the file to be checked")
        }
        context.write(file.fields)
        let counts = file.findings.contains { strict || $0.severity == .error }
        // The findings stand in the result; only the exit code is left to give.
        if counts { throw CommandFailure(.configuration) }
    }
}

extension ConfigFile {
    fileprivate var fields: [OutputField] {
        let worst = findings.contains { $0.severity == .error } ? "errors" : findings.isEmpty ? "ok" : "warnings"
        var fields: [OutputField] = []
        if let path { fields.append(.init("file", .text(path))) }
        fields += [.init("status", .state(worst)), .init("settings", .number(settings.count))]
        fields += findings.map { .init($0.severity.rawValue, .text($0.message), for: .people) }
        return fields + [.init("findings", .array(findings.map { .object($0.fields) }), for: .programs)]
    }
}

extension ConfigFinding {
    fileprivate var fields: [OutputField] {
        var fields: [OutputField] = [.init("severity", .text(severity.rawValue))]
        if let line { fields.append(.init("line", .number(line))) }
        if let table { fields.append(.init("table", .text(table.rawValue))) }
        if let key { fields.append(.init("key", .text(key))) }
        return fields + [.init("message", .text(message))]
    }
}

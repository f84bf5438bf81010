/// A group of options that are settings: what was given, as text; `Setting` knows what it may be.
protocol SettingArguments {
    var given: [Setting: String] { get }
}

extension Settings {
    /// Merges the file, the environment and the options of `groups`; warnings go to standard error.
    static func load(
        _ common: CommonArguments,
        _ groups: [any SettingArguments],
        environment: Environment,
        warn: (String) -> Void
    ) throws(CommandFailure) -> Settings {
        let file = try ConfigFile.load(common.config ?? environment[Environment.prefix + "CONFIG"])
        file.warnings.forEach(warn)
        var options: [Setting: LocatedValue] = [:]
        for group in [common as any SettingArguments] + groups {
            for (setting, text) in group.given {
                options[setting] = try setting.parse(text, origin: .option)
            }
        }
        return Settings(layers: [file.settings, try environment.settings(), options])
    }
}

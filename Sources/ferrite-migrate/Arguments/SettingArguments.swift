/// A group of options that are settings: what was given, as text; `Setting` knows what it may be.
protocol SettingArguments {
    var given: [Setting: String] { get }
}

extension Settings {
    /// Merges the file, the environment and the options of `groups`; a later one wins.
    init(
        file: ConfigFile?,
        _ environment: Environment,
        _ groups: [any SettingArguments]
    ) throws(CommandFailure) {
        var options: [Setting: LocatedValue] = [:]
        for group in groups {
            for (setting, text) in group.given {
                options[setting] = try setting.parse(text, origin: .option)
            }
        }
        self.init(layers: [file?.settings ?? [:], try environment.settings(), options])
    }
}

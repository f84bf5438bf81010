/// All settings of one run, merged: file, then environment, then options; the defaults stand where a value is used.
struct Settings {
    private let values: [Setting: LocatedValue]

    /// Later layers win.
    init(layers: [[Setting: LocatedValue]]) {
        values = layers.reduce(into: [:]) { merged, layer in
            merged.merge(layer) { _, later in later }
        }
    }

    func origin(_ setting: Setting) -> SettingOrigin? {
        values[setting]?.origin
    }

    /// What is in force: what was given, else the default.
    func value(_ setting: Setting) -> SettingValue? {
        values[setting]?.value ?? setting.defaultValue
    }

    func text(_ setting: Setting) -> String? {
        if case .text(let text) = values[setting]?.value { text } else { nil }
    }

    func number(_ setting: Setting) -> Int? {
        if case .number(let number) = values[setting]?.value { number } else { nil }
    }

    func numbers(_ setting: Setting) -> [Int]? {
        if case .numbers(let numbers) = values[setting]?.value { numbers } else { nil }
    }

    func flag(_ setting: Setting) -> Bool? {
        if case .flag(let flag) = values[setting]?.value { flag } else { nil }
    }

    /// A flag that is given or not, with its default.
    func isOn(_ setting: Setting) -> Bool {
        value(setting) == .flag(true)
    }

    /// A choice as the type whose raw values are the choices.
    func choice<Choice: RawRepresentable>(
        _ setting: Setting,
        as type: Choice.Type = Choice.self
    ) -> Choice? where Choice.RawValue == String {
        text(setting).flatMap { Choice(rawValue: $0) }
    }
}

import MigrationCore

extension ValidationReport {
    /// For people a line for each check; for programs their states by name, and all that is known in `checks`.
    var fields: [OutputField] {
        var fields = checks.map { OutputField($0.name.rawValue, .state($0.text), for: .people) }
        fields += checks.map { OutputField($0.name.rawValue, .text($0.state.rawValue), for: .programs) }
        fields.append(.init("can_start", .flag(canStart), for: .programs))
        fields.append(.init("checks", .array(checks.map { .object($0.fields) }), for: .programs))
        return fields
    }
}

extension ValidationCheck {
    fileprivate var fields: [OutputField] {
        var fields: [OutputField] = [.init("name", .text(name.rawValue)), .init("status", .text(state.rawValue))]
        if let value { fields.append(.init("value", .text(value))) }
        if let reason { fields.append(.init("reason", .text(reason))) }
        return fields
    }
}

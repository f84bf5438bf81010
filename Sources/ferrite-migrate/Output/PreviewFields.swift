import MigrationCore

extension CutoverPreview {
    /// For people a line for each step, user and connection; for programs arrays of objects.
    var fields: [OutputField] {
        var fields: [OutputField] = [
            .init("fence", .text(options.fence.rawValue)), .init("max_pause_ms", .number(options.maxPauseMilliseconds)),
            .init("max_lag", .number(options.maxLag), for: .programs),
            .init("force", .flag(options.force), for: .programs),
            .init("verify", .text(options.verify.rawValue), for: .programs),
        ]
        fields += prediction?.fields ?? [.init("predicted_pause_ms", .text("unknown"), for: .people)]
        fields += steps.enumerated().map { .init("step", .text("\($0 + 1). \($1.line)"), for: .people) }
        fields += fencedUsers.map { .init("fenced_user", .text($0.line), for: .people) }
        fields += connections.prefix(20).map { .init("connection", .text($0.line), for: .people) }
        if connections.count > 20 {
            fields.append(.init("connection", .text("and \(connections.count - 20) more"), for: .people))
        }
        fields += warnings.map { .init("warning", .text($0), for: .people) }
        return fields + [
            .init("steps", .array(steps.map { .object($0.fields) }), for: .programs),
            .init("fenced_users", .array(fencedUsers.map { .object($0.fields) }), for: .programs),
            .init("switched_users", .array(switchedUsers.map { .text($0) }), for: .programs),
            .init("connections", .array(connections.map { .object($0.fields) }), for: .programs),
            .init("warnings", .array(warnings.map { .text($0) }), for: .programs),
        ]
    }
}

extension PausePrediction {
    fileprivate var fields: [OutputField] {
        let trips =
            "\(sourceRoundTrips) round trips to the source of \(Quantity.milliseconds(sourceRoundTrip)), "
            + "\(targetRoundTrips) to the target of \(Quantity.milliseconds(targetRoundTrip))"
        let lag = "lag_keys \(lagKeys)" + (keysPerSecond.map { " at \(Int($0)) keys/s" } ?? "")
        var basis: [OutputField] = [.init("lag_keys", .number(lagKeys))]
        if let lagBytes { basis.append(.init("lag_bytes", .number(lagBytes))) }
        if let keysPerSecond { basis.append(.init("keys_per_second", .decimal(keysPerSecond))) }
        basis += [
            .init("source_round_trip_ms", .decimal(sourceRoundTrip)),
            .init("target_round_trip_ms", .decimal(targetRoundTrip)),
            .init("source_round_trips", .number(sourceRoundTrips)),
            .init("target_round_trips", .number(targetRoundTrips)),
        ]
        return [
            .init("predicted_pause_ms", .decimal(milliseconds)),
            .init("predicted_from", .text("\(trips); \(lag)"), for: .people),
            .init("predicted_from", .object(basis), for: .programs),
        ]
    }
}

extension CutoverPreview.Step {
    fileprivate var line: String {
        let sent = commands.map { "\($0.side.rawValue): \($0.text)" }.joined(separator: "; ")
        return sent.isEmpty ? "\(code): \(does)" : "\(code): \(does) (\(sent))"
    }

    fileprivate var fields: [OutputField] {
        [
            .init("step", .text(code)), .init("does", .text(does)),
            .init("commands", .array(commands.map { .object($0.fields) })),
        ]
    }
}

extension CutoverPreview.Command {
    fileprivate var fields: [OutputField] { [.init("at", .text(side.rawValue)), .init("command", .text(text))] }
}

extension CutoverPreview.User {
    fileprivate var line: String {
        loses.isEmpty ? "\(name) is fenced already" : "\(name) loses \(loses.joined(separator: ", "))"
    }

    fileprivate var fields: [OutputField] {
        [.init("name", .text(name)), .init("loses", .array(loses.map { .text($0) }))]
    }
}

extension CutoverPreview.Connection {
    fileprivate var line: String { "\(address) (user \(user), \(command)): \(effect.rawValue)" }

    fileprivate var fields: [OutputField] {
        [
            .init("address", .text(address)), .init("user", .text(user)), .init("command", .text(command)),
            .init("effect", .text(effect.rawValue)),
        ]
    }
}

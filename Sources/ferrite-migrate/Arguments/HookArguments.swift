import ArgumentParser
import MigrationCore

/// The operator's own programs, which the worker runs.
struct HookArguments: ParsableArguments, SettingArguments {
    @Option(
        help: ArgumentHelp(
            "A folder with programs that the worker runs at what their names say: before-cutover, failed and others (default: none).",
            valueName: "folder"
        ),
        completion: .directory
    )
    var hooks: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long one of them may take (default: \(WorkerOptions.defaultHookTimeout)).",
            valueName: "seconds"
        )
    )
    var hookTimeout: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The lag from which on lag-high is run (default: \(LagAlarm.defaultThreshold)).",
            valueName: "keys"
        )
    )
    var lagHigh: String?

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.hooks] = hooks
        given[.hookTimeout] = hookTimeout
        given[.lagHigh] = lagHigh
        return given
    }
}

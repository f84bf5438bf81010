import ArgumentParser
import FoundationEssentials
import MigrationCore

/// When a cutover happens, where it is not to be at once.
struct ScheduleArguments: ParsableArguments, SettingArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Let the worker cut over at this time: 2026-12-01T02:00:00Z, 2026-12-01T02:00:00+01:00 or \
            '2026-12-01 02:00 Europe/Berlin'.
            """,
            valueName: "time"
        )
    )
    var scheduled: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long behind that time it is tried while it cannot be, such as 90s, 30m or 2h (default: 10m).",
            valueName: "duration"
        )
    )
    var window: String?

    @Flag(help: "Take back what was scheduled.")
    var unschedule = false

    @Flag(help: "Wait until the migration is in live_sync with little lag, and cut over then.")
    var whenReady = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long --when-ready waits, such as 90s, 30m or 2h (default: without end); exit code 75 past it.",
            valueName: "duration"
        )
    )
    var wait: String?

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.window] = window
        return given
    }

    func validate() throws {
        if window != nil, scheduled == nil { throw ValidationError("--window belongs to --scheduled; give both") }
        if wait != nil, !whenReady {
            throw ValidationError(
                "--wait belongs to --when-ready; --until-verified waits for the comparison across the switch"
            )
        }
        let ways = [scheduled == nil ? nil : "--scheduled", unschedule ? "--unschedule" : nil]
        let given = (ways + [whenReady ? "--when-ready" : nil]).compactMap(\.self)
        if given.count > 1 {
            throw ValidationError("\(given.joined(separator: " and ")) exclude each other; give one of them")
        }
    }

    /// What is of use only to who waits for the end is refused to who does not.
    func refuse(_ flag: String) throws {
        let way = scheduled != nil ? "--scheduled" : "--unschedule"
        throw ValidationError(
            "\(flag) needs somebody who waits for the end, and \(way) does not; leave one of them out"
        )
    }

    /// The time of `--scheduled`.
    func instant(now: Date) throws(CommandFailure) -> Date? {
        guard let scheduled else { return nil }
        do { return try TimeZones().instant(scheduled, now: now) } catch { throw CommandFailure(error) }
    }

    /// The seconds of `--wait`.
    func waitSeconds() throws(CommandFailure) -> Int? {
        guard let wait else { return nil }
        let range = 1...30 * 86_400
        guard let seconds = Setting.seconds(wait), range.contains(seconds) else {
            throw CommandFailure(
                .usage,
                "--wait cannot be '\(CommandFailure.printable(wait))': allowed is \(Setting.allowedSeconds(range))"
            )
        }
        return seconds
    }

    var isGiven: Bool { isLater || whenReady }
    var isLater: Bool { scheduled != nil || unschedule }
}

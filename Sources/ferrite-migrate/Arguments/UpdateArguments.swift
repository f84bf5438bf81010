import ArgumentParser
import MigrationCore

/// What can be changed while a migration runs.
struct UpdateArguments: ParsableArguments, SettingArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Lanes that copy at once, 1 to 64.", valueName: "n")
    )
    var parallel: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Keys asked for at once in a lane, 1 to 100000.", valueName: "n")
    )
    var batchSize: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Keys moved in a second, at most; 0 lifts the limit.", valueName: "keys")
    )
    var maxRate: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Bytes of values moved in a second, at most, also as 10mb; 0 lifts the limit.",
            valueName: "size"
        )
    )
    var maxBandwidth: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Go ahead although the servers' clocks are up to so far apart; keys may die as much too early or too late; 0 takes that back.",
            valueName: "seconds"
        )
    )
    var acceptSkew: String?

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.parallel] = parallel
        given[.batchSize] = batchSize
        given[.maxRate] = maxRate
        given[.maxBandwidth] = maxBandwidth
        given[.acceptSkew] = acceptSkew
        return given
    }

    func validate() throws {
        guard given.isEmpty else { return }
        throw ValidationError(
            "nothing to update; give one or more of --parallel, --batch-size, --max-rate, --max-bandwidth and --accept-skew"
        )
    }

    /// Only what was given here counts, whatever the file and the environment say: those are for new migrations.
    func update() throws(CommandFailure) -> TransferUpdate {
        var options: [Setting: LocatedValue] = [:]
        for (setting, text) in given { options[setting] = try setting.parse(text, origin: .option) }
        do throws(PlanError) {
            return try Settings(layers: [options]).transferUpdate()
        } catch {
            throw CommandFailure(error)
        }
    }
}

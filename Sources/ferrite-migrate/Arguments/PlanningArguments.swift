import ArgumentParser

/// A cutover that is only shown, and who may look.
struct PlanningArguments: ParsableArguments, SettingArguments {
    @Flag(help: "Show each step, whom it would fence and how long the pause would be; change nothing.")
    var plan = false

    @Option(
        help: ArgumentHelp(
            "With --plan, ask the source as this user, who need only read; see docs/permissions.md.",
            valueName: "name"
        )
    )
    var sourceUser: String?

    @Option(help: ArgumentHelp("With --plan, ask the target as this user.", valueName: "name"))
    var targetUser: String?

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.sourceUser] = sourceUser
        given[.targetUser] = targetUser
        return given
    }

    func validate() throws {
        if !plan, sourceUser != nil || targetUser != nil {
            throw ValidationError("--source-user and --target-user belong to --plan; a worker keeps the user it has")
        }
    }
}

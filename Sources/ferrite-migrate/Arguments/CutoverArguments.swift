import ArgumentParser
import MigrationCore

/// How traffic is switched.
struct CutoverArguments: ParsableArguments, SettingArguments {
    @Flag(help: "Go ahead although lag_keys is over the limit.")
    var force = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Keys of lag up to which a cutover starts \(Setting.maxLag.defaultNote).", valueName: "keys")
    )
    var maxLag: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The pause budget: past it the fence is lowered and live sync goes on \(Setting.maxPause.defaultNote).",
            valueName: "ms"
        )
    )
    var maxPause: String?

    @Option(
        help: """
            What keeps the tenant's writes off the source: acl (its users become read-only), pause (CLIENT PAUSE: \
            the writes of every tenant wait) or none (you have stopped the writers) \(Setting.fence.defaultNote).
            """,
        completion: .list(FenceKind.allCases.map(\.rawValue))
    )
    var fence: String?

    @Option(
        help: "How much is compared across the switch: full, sample or none \(Setting.verify.defaultNote).",
        completion: .list(VerifyExtent.allCases.map(\.rawValue))
    )
    var verify: String?

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.maxLag] = maxLag
        given[.maxPause] = maxPause
        given[.fence] = fence
        given[.verify] = verify
        return given
    }
}

/// What other pages promise of a cutover and this version does not do: refused in words, not as unknown options.
struct LaterCutoverArguments: ParsableArguments {
    @Option(help: .hidden)
    var dns: String?

    func validate() throws {
        if dns != nil {
            throw ValidationError("--dns is not supported yet by this version; change the record after the cutover")
        }
    }
}

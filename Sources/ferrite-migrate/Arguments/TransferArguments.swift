import ArgumentParser
import MigrationCore

/// How the tenant's data is moved.
struct TransferArguments: ParsableArguments, SettingArguments {
    @Option(
        help: "How the tenant moves: live \(Setting.mode.defaultNote).",
        completion: .list([MigrationMode.live.rawValue])
    )
    var mode: String?

    // Unconditional, so that `-1` is a number out of range and not an unknown option.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Lanes that copy at once, 1 to 64 \(Setting.parallel.defaultNote).", valueName: "n")
    )
    var parallel: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Keys asked for at once in a lane, 1 to 100000 \(Setting.batchSize.defaultNote).",
            valueName: "n"
        )
    )
    var batchSize: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            Bytes of memory from which on a value moves in pieces, 65536 to 17179869184 \
            \(Setting.bigValue.defaultNote).
            """,
            valueName: "bytes"
        )
    )
    var bigValue: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Seconds until live_sync must be reached \(Setting.timeout.defaultNote).",
            valueName: "seconds"
        )
    )
    var timeout: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Memory for changed keys that wait in a pause or for a target \(Setting.dirtyLimit.defaultNote).",
            valueName: "size"
        )
    )
    var dirtyLimit: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Let the source's replication backlog hold so much for the migration's time, and put it back at the end.",
            valueName: "size"
        )
    )
    var growBacklog: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Only this database; may be repeated, or be a list such as 0,3 \(Setting.databases.defaultNote).",
            valueName: "n"
        )
    )
    var db: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Keys moved in a second, at most; 0 for no limit (default: 0).", valueName: "keys")
    )
    var maxRate: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Bytes of values moved in a second, at most, also as 10mb; 0 for no limit (default: 0).",
            valueName: "size"
        )
    )
    var maxBandwidth: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Go ahead although the servers' clocks are up to so far apart; keys may die as much too early or too late.",
            valueName: "seconds"
        )
    )
    var acceptSkew: String?

    @Flag(help: "Go ahead although the target holds keys of the tenant; what the source lacks is removed there.")
    var replace = false

    @Option(
        help: """
            Key patterns of the tenant's ACL users to copy: tenant (within its prefix) or all \
            \(Setting.copyACL.defaultNote).
            """,
        completion: .list([UserCopy.tenant.rawValue, UserCopy.all.rawValue])
    )
    var copyACL: String?

    @Flag(help: "Leave the tenant's ACL users alone.")
    var noCopyACL = false

    @Option(
        help: ArgumentHelp(
            """
            How changes at the source are noticed: replication, notifications (keyspace notifications, for servers \
            that refuse PSYNC), or auto, which takes replication where it is allowed \(Setting.feed.defaultNote).
            """,
            valueName: "feed"
        ),
        completion: .list(FeedPreference.allCases.map(\.rawValue))
    )
    var feed: String?

    func validate() throws {
        if noCopyACL, copyACL != nil {
            throw ValidationError("--copy-acl and --no-copy-acl exclude each other; give one of them")
        }
    }

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.mode] = mode
        given[.parallel] = parallel
        given[.batchSize] = batchSize
        given[.bigValue] = bigValue
        given[.timeout] = timeout
        given[.dirtyLimit] = dirtyLimit
        given[.growBacklog] = growBacklog
        given[.acceptSkew] = acceptSkew
        given[.databases] = db.isEmpty ? nil : db.joined(separator: ",")
        given[.feed] = feed
        given[.maxRate] = maxRate
        given[.maxBandwidth] = maxBandwidth
        given[.copyACL] = noCopyACL ? UserCopy.none.rawValue : copyACL
        return given
    }
}

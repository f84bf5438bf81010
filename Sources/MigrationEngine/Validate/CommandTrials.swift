import MigrationCore
import RESP

/// A command that a migration needs, in a form that changes nothing: on a key that is not there, or with an argument
/// that is refused after the permission was looked at.
struct CommandTrial: Sendable {
    enum Purpose: String, CaseIterable, Sendable {
        case sync = "the migration"
        case users = "copying users"
        case cutover = "a cutover"
        case verification = "verify"
        case cleaning = "ending connections that a dead worker left"
        case estimate = "the estimates of validate"
        case backlog = "--grow-backlog"
        case rules = "following users and saying their rules in the target's words"
    }

    let purpose: Purpose
    let command: RedisCommand

    init(_ purpose: Purpose, _ arguments: ByteString...) {
        self.purpose = purpose
        command = RedisCommand(arguments)
    }

    /// The command as ACL rules name it.
    var ruleName: String {
        let words = command.arguments.map { $0.text.lowercased() }
        // A user also needs the channels; the feed marks its stream on one of them.
        if words[0] == "publish" { return "publish &__ferrite_migrate:*" }
        return ["acl", "client", "config", "memory", "xinfo"].contains(words[0]) ? "\(words[0])|\(words[1])" : words[0]
    }

    static func source(_ context: ValidationContext) -> [CommandTrial] {
        let key = context.absentKey
        var trials = [
            CommandTrial(.sync, "INFO", "server"), CommandTrial(.sync, "SELECT", "0"),
            CommandTrial(.sync, "SCAN", "0", "COUNT", "1"), CommandTrial(.sync, "MGET", key),
            CommandTrial(.sync, "DUMP", key), expiry(.sync, context.source, key), CommandTrial(.sync, "TYPE", key),
            CommandTrial(.estimate, "MEMORY", "USAGE", key),
            CommandTrial(.cutover, "CLIENT", "UNBLOCK", "0"), CommandTrial(.cutover, "PUBLISH", ACLFence.channel, ""),
        ]
        trials += connections(.cutover)
        if context.source.dialect == .keyPermissions {
            trials.append(CommandTrial(.cutover, "ACL", "DRYRUN", "__ferrite_migrate_probe", "PING"))
        }
        trials += ["WHOAMI", "LIST"].map { CommandTrial(context.copiesUsers ? .users : .cutover, "ACL", $0) }
        trials += [CommandTrial(.cutover, "ACL", "USERS"), userChange(.cutover)]
        if context.plan.backlogBytes != nil {
            // A setting that no server has.
            let setting: ByteString = "__ferrite_migrate_probe"
            trials += [
                CommandTrial(.backlog, "CONFIG", "GET", setting), CommandTrial(.backlog, "CONFIG", "SET", setting, ""),
            ]
        }
        if context.copiesUsers {
            trials += [
                CommandTrial(.rules, "ACL", "GETUSER", "__ferrite_migrate_probe"), CommandTrial(.rules, "ACL", "CAT"),
            ]
        }
        return trials + reading(key)
    }

    static func target(_ context: ValidationContext) -> [CommandTrial] {
        let key = context.absentKey
        var trials = [
            CommandTrial(.sync, "INFO", "server"), CommandTrial(.sync, "SELECT", "0"),
            CommandTrial(.sync, "SCAN", "0", "COUNT", "1"), CommandTrial(.sync, "SET", key, "", "XX"),
            CommandTrial(.sync, "RESTORE", key, "0", "", "REPLACE", "ABSTTL"), CommandTrial(.sync, "UNLINK", key),
            CommandTrial(.verification, "DUMP", key), CommandTrial(.verification, "TYPE", key),
            expiry(.verification, context.target, key),
        ]
        trials += connections(.cleaning)
        if context.copiesUsers {
            trials += [CommandTrial(.users, "ACL", "LIST"), userChange(.users), userRemoval(.users)]
            trials += [CommandTrial(.rules, "ACL", "CAT")]
        }
        return trials + reading(key)
    }

    private static func expiry(_ purpose: Purpose, _ server: ValidatedServer, _ key: ByteString) -> CommandTrial {
        switch server.dialect {
        case .keyPermissions: CommandTrial(purpose, "PEXPIRETIME", key)
        case .patternsOnly: CommandTrial(purpose, "PTTL", key)
        }
    }

    /// Naming the tool's own connections, finding those of a dead worker, and ending them. No client has such an id.
    private static func connections(_ purpose: Purpose) -> [CommandTrial] {
        [
            CommandTrial(purpose, "CLIENT", "LIST", "TYPE", "master"),
            CommandTrial(purpose, "CLIENT", "SETNAME", "ferrite-migrate:validate"),
            CommandTrial(purpose, "CLIENT", "KILL", "ID", "999999999999999"),
        ]
    }

    /// A rule that no server knows: SETUSER is refused as a whole and makes no user.
    private static func userChange(_ purpose: Purpose) -> CommandTrial {
        CommandTrial(purpose, "ACL", "SETUSER", "__ferrite_migrate_probe", "+@no_such_category")
    }

    /// A user that nobody has: 0 are deleted.
    private static func userRemoval(_ purpose: Purpose) -> CommandTrial {
        CommandTrial(purpose, "ACL", "DELUSER", "__ferrite_migrate_probe")
    }

    private static func reading(_ key: ByteString) -> [CommandTrial] {
        [
            CommandTrial(.verification, "GET", key), CommandTrial(.verification, "LRANGE", key, "0", "0"),
            CommandTrial(.verification, "SMEMBERS", key), CommandTrial(.verification, "HGETALL", key),
            CommandTrial(.verification, "ZRANGE", key, "0", "0"), CommandTrial(.verification, "XRANGE", key, "-", "+"),
            CommandTrial(.verification, "XINFO", "STREAM", key), CommandTrial(.verification, "XPENDING", key, "g"),
            CommandTrial(.verification, "GETRANGE", key, "0", "0"), CommandTrial(.verification, "TIME"),
        ]
    }
}

extension ValidationContext {
    var copiesUsers: Bool { plan.userCopy != .none }
}

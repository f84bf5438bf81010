import MigrationCore
import RESP
import RedisClient

/// A user of the tool's own, without a login, that rules are tried with. It is made and removed in one transaction, so
/// nothing can come between, and nobody else ever sees it.
struct ProbeUser {
    let access: ACLAccess
    /// What is being done, for messages.
    let step: String

    /// What a server says of rules.
    struct Answer {
        /// Why it does not take them.
        let refusal: String?
        /// The user in the words of its list, where that was asked for.
        let printed: ACLUser?
    }

    /// - Parameters:
    ///   - rules: Of a user; its passwords are left out.
    ///   - prints: Asks how the server prints them, which costs it a list of all users.
    func give(_ rules: [ByteString], prints: Bool) async throws(MigrationFailure) -> Answer {
        let name = ByteString("__ferrite_migrate_probe_\(String(UInt64.random(in: 0...(.max)), radix: 16))")
        let grants = rules.filter { !Self.isLogin($0) }
        var commands = [RedisCommand(["ACL", "SETUSER", name, "reset"] + grants)]
        if prints { commands.append(RedisCommand("ACL", "LIST")) }
        commands.append(RedisCommand("ACL", "DELUSER", name))
        let replies = try await transaction(commands, name)
        let printed = prints ? replies[1].elements?.lazy.compactMap { $0.bytes.flatMap(ACLUser.init(listLine:)) } : nil
        return Answer(refusal: replies[0].errorLine, printed: printed?.first { $0.name == name })
    }

    /// Whoever may not run MULTI and EXEC makes the user for a moment, and must be able to remove it.
    private func transaction(
        _ commands: [RedisCommand],
        _ name: ByteString
    ) async throws(MigrationFailure) -> [RESPValue] {
        if try await access.pipeline([RedisCommand("MULTI")], step)[0].isOK {
            let replies = try await access.pipeline(commands + [RedisCommand("EXEC")], step)
            if let answers = replies.last?.elements { return answers }
            _ = try await access.pipeline([RedisCommand("DISCARD")], step)
            if let (command, line) = zip(commands, replies).lazy.compactMap({ one in one.1.errorLine.map { (one.0, $0) }
            })
            .first {
                let server = access.connection.server
                let error = RedisClientError.refused(server: server, command: command.name, reply: line)
                throw MigrationFailure(error, while: step)
            }
        }
        _ = try await access.call(RedisCommand("ACL", "DELUSER", name), step)
        return try await access.pipeline(commands, step)
    }

    /// What lets somebody log in.
    private static func isLogin(_ rule: ByteString) -> Bool {
        rule == "reset" || rule == "on" || rule == "off" || rule == "nopass" || rule.hasPrefix("#")
    }
}

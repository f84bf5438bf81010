import MigrationCore
import RESP
import RedisClient

// What is asked beside the list of users, which is dear where they are many.
extension ACLAccess {
    /// The server's commands; nil where the tool's user may not ask for them.
    func catalogue() async throws(MigrationFailure) -> CommandCatalogue? {
        let step = "reading the commands"
        let names = try await pipeline([RedisCommand("ACL", "CAT")], step)[0].names
        guard let names, !names.isEmpty else { return nil }
        let replies = try await pipeline(names.map { RedisCommand("ACL", "CAT", $0) }, step)
        var categories: [ByteString: [ByteString]] = [:]
        for (name, reply) in zip(names, replies) {
            guard let members = reply.names else { return nil }
            categories[name] = members
        }
        return CommandCatalogue(categories: categories, others: try await commandNames(step))
    }

    /// Asks for the commands where the rules of users that the tool has changed do not show whether they can write.
    func knowingWrites(of users: [ACLUser]) async throws(MigrationFailure) -> [ACLUser] {
        guard users.contains(where: \.isDoubtful), let commands = try await catalogue() else { return users }
        return users.map { user in
            var user = user
            user.runsNoWrites = user.isDoubtful && !user.grants.contains { commands.allowsWrites(by: $0.commands) }
            return user
        }
    }

    /// Those of modules, too, which may be in no category. Redis 6.2 has no COMMAND LIST.
    private func commandNames(_ step: String) async throws(MigrationFailure) -> [ByteString] {
        if let names = try await pipeline([RedisCommand("COMMAND", "LIST")], step)[0].names { return names }
        let table = try await pipeline([RedisCommand("COMMAND")], step)[0].elements ?? []
        return table.compactMap { $0.elements?.first?.bytes }
    }
}

extension ACLUser {
    /// The tool has taken its writes, and its rules look as if it still had some.
    fileprivate var isDoubtful: Bool {
        mark != nil && grants.contains { grant in grant.mayRunWrites && grant.patterns.contains(where: \.writes) }
    }
}

extension CopiedUser {
    var logins: Set<ByteString>? { ACLUser(name: name, rules: writable)?.logins }
}

extension RESPValue {
    /// The elements, where each is text; nil for an error.
    fileprivate var names: [ByteString]? {
        guard let elements else { return nil }
        let names = elements.compactMap(\.bytes)
        return names.count == elements.count ? names : nil
    }
}

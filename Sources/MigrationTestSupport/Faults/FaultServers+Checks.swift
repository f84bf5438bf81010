// What must be true of the servers at the end of a round.
extension FaultServers {
    /// What a migration may change at a source and must put back.
    struct Settings: Equatable {
        let users: [String]
        let values: [String]

        init(_ server: RedisServer) throws {
            users = (try server.call("ACL", "LIST").array ?? []).compactMap(\.text)
            values = try ["notify-keyspace-events", "repl-backlog-size"].map {
                "\($0) \(try server.call("CONFIG", "GET", $0).array?.last?.text ?? "?")"
            }
        }
    }

    private static let foreignKey = "__tenant:\(tenant):foreign"

    /// Somebody else writes a key of the tenant's at the target.
    func writeForeignKey() throws { try target.call("SET", Self.foreignKey, "somebody else's") }

    /// After a switch: the tenant's keys by the source's, the others' by their own, and who may write where.
    func problemsAfterSwitch() throws -> [String] {
        try changes(of: Self.tenant, from: source, at: target, "at the target") + strangers()
            + users(at: target, ["default", Self.user]) + logins() + changedSettings()
    }

    /// What the histories have come to is the same at both sides, after a switch. Not where a replica took its primary's
    /// place: it knows less of its streams. There the tool's own comparison must do.
    func historyProblems() throws -> [String] {
        guard traits.contains(.histories), !traits.contains(.replica) else { return [] }
        var comparison = KeyspaceComparison(source, target, tenant: Self.tenant)
        comparison.prefixes = [Self.historyPrefix + Bytes("history:".utf8)]
        comparison.countsIdleConsumers = false
        comparison.limit = 5
        return try comparison.differences().map { "a history is not as it should be: \($0)" }
    }

    /// After a cancel: as before the migration, at both sides.
    func problemsAfterCancel() throws -> [String] {
        var problems = try changes(of: Self.tenant, from: reference, at: source, "at the source") + strangers()
        problems += try users(at: target, ["default"]) + changedSettings()
        let now = try Settings(source).users
        if now != beginning.users { problems.append("the source's users were \(beginning.users), are \(now)") }
        let late = try keys(of: Self.tenant, at: target)
        return late.isEmpty ? problems : problems + ["\(late.count) keys have come late: \(late.prefix(5))"]
    }

    /// Removes by hand what a cancel has left of the tenant at the target, and says what is wrong with that. It may
    /// leave what somebody else wrote, and what it cannot know to be the migration's: of what an earlier worker has
    /// moved, keys that the source has no more, where the source's stream is lost.
    ///
    /// - Parameter hasForeignKey: Whether what somebody else wrote has to be there; nil where it may be.
    func takeLeftKeys(told: Int, hasForeignKey: Bool?) throws -> [String] {
        let left = try keys(of: Self.tenant, at: target)
        for key in left { try target.call("DEL", key.name, database: key.database) }
        var problems: [String] = []
        if left.count > told { problems.append("\(left.count) keys were left at the target, \(told) were told") }
        let isForeignLeft = left.contains { $0.name == Bytes(Self.foreignKey.utf8) }
        if let hasForeignKey, isForeignLeft != hasForeignKey {
            problems.append("somebody else's key should be \(hasForeignKey ? "left" : "gone") and is not")
        }
        let known = try Set(keys(of: Self.tenant, at: reference))
        let lost = left.filter { known.contains($0) }
        if !lost.isEmpty { problems.append("\(lost.count) keys that the source has were left: \(lost.prefix(5))") }
        return problems
    }

    /// After the source was cleaned up: nothing of the tenant there, and all as it was at the target.
    func problemsAfterCleanup() throws -> [String] {
        let left = try keys(of: Self.tenant, at: source)
        var problems = left.isEmpty ? [] : ["\(left.count) keys are left at the source: \(left.prefix(5))"]
        problems += try changes(of: Self.tenant, from: reference, at: target, "at the target") + strangers()
        problems += try users(at: source, ["default"]) + users(at: target, ["default", Self.user])
        return try problems + changedSettings()
    }

    // MARK: Parts

    private func keys(of tenant: String, at server: RedisServer) throws -> [ModelKey] {
        try (0..<16).flatMap { database in
            try KeyspaceComparison.keys([TenantSeed.prefix(of: tenant)], server.connect(database: database))
                .map { ModelKey(database: database, name: $0) }
        }
    }

    private func changes(
        of tenant: String,
        from origin: RedisServer,
        at server: RedisServer,
        _ place: String
    ) throws -> [String] {
        var comparison = KeyspaceComparison(origin, server, tenant: tenant)
        comparison.exceptions = [TenantSeed.prefix(of: tenant) + Bytes("live:".utf8)]
        comparison.limit = 5
        return try comparison.differences().map { "\(tenant) \(place) is not as it should be: \($0)" }
    }

    /// Tenants that are none of the migration's business, and what the tool makes for a moment.
    private func strangers() throws -> [String] {
        var problems: [String] = []
        for name in neighbours { problems += try changes(of: name, from: reference, at: source, "at the source") }
        problems += try changes(of: Self.resident, from: reference, at: target, "at the target")
        if try KeyspaceDigest(target, tenants: neighbours).keys != 0 { problems.append("neighbours are at the target") }
        for server in [source, target] {
            let parts = try KeyspaceDigest(server.endpoint, prefixes: [Bytes("__ferrite".utf8)])
            if parts.keys != 0 { problems.append("\(parts.keys) keys of the tool's own are at \(server.address)") }
        }
        return problems
    }

    private func users(at server: RedisServer, _ wanted: [String]) throws -> [String] {
        let users = (try server.call("ACL", "USERS").array ?? []).compactMap(\.text).sorted()
        return users == wanted.sorted() ? [] : ["users at \(server.address) are \(users), not \(wanted)"]
    }

    private func changedSettings() throws -> [String] {
        let now = try Settings(source).values
        return now == beginning.values ? [] : ["the source's settings were \(beginning.values), are \(now)"]
    }

    private func logins() throws -> [String] {
        let key = "__tenant:\(Self.tenant):live:late"
        let old = try source.connect(user: Self.user, password: Self.password).answer("SET", key, "1")
        let new = try target.connect(user: Self.user, password: Self.password).answer("SET", key, "1")
        return [
            old.errorText?.hasPrefix("NOPERM") == true ? nil : "the source is not fenced: \(old)",
            new.errorText == nil ? nil : "the target is not writable: \(new)",
        ]
        .compactMap(\.self)
    }
}

extension ModelKey: CustomStringConvertible {
    var description: String { "db\(database) \(name.printable)" }
}

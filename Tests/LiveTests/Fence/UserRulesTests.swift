import MigrationCore
import MigrationEngine
import MigrationTestSupport
import NIOPosix
import RESP
import RedisClient
import Testing

/// Rules that one server prints and another does not know.
@Suite struct UserRulesTests {
    typealias Pair = (source: RedisVersion, target: RedisVersion)

    static let pairs: [Pair] = [
        (.v62, .v7), (.v62, .valkey91), (.v7, .v62), (.v7, .v82), (.v82, .valkey91), (.valkey91, .v82), (.v82, .v62),
    ].filter { $0.source.isAvailable && $0.target.isAvailable }

    /// Rules that every server takes.
    static let rules = [
        "+@read +@write -@dangerous", "+@all -@dangerous", "+@all -@admin -@scripting +config|get",
        "+@keyspace +@string",
        "+@all -keys -sort -object", "+get +set +memory|usage +object|encoding", "+@stream +@connection -@slow",
    ]

    /// The commands of a user that a server refuses to run: `MULTI` lets it look, and runs none. Nil where a command is
    /// not there.
    private func denied(_ names: [String], to client: RESPSocket) throws -> [String: Bool] {
        var denied: [String: Bool] = [:]
        for name in names {
            var words = name.split(separator: "|").map(String.init)
            for _ in 0..<8 {
                try client.call("MULTI")
                let said = try client.answer(words.map { Bytes($0.utf8) })
                _ = try client.answer("DISCARD")
                let error = said.errorText ?? ""
                // What a setting or a transaction does not allow is refused before the user is looked at.
                if error.contains("unknown") || error.contains("not allowed") { break }
                if !error.contains("wrong number of arguments") {
                    denied[name] = error.hasPrefix("NOPERM") && error.contains("run the")
                    break
                }
                words.append("__tenant:acme:x")
            }
        }
        return denied
    }

    /// Commands and subcommands, but for those that a transaction is made of, and those at which a server hangs up.
    private func commands(_ server: RedisServer) throws -> Set<String> {
        let categories = try server.call("ACL", "CAT").array?.compactMap(\.text) ?? []
        let names = try categories.flatMap { try server.call("ACL", "CAT", $0).array?.compactMap(\.text) ?? [] }
        let others: Set<String> = [
            "multi", "exec", "discard", "watch", "unwatch", "quit", "reset", "auth", "hello", "host:", "post",
        ]
        let containers = Set(
            names.filter { $0.contains("|") }.compactMap { $0.split(separator: "|").first.map(String.init) }
        )
        return Set(names).subtracting(others).subtracting(containers)
    }

    /// Of the commands that both have, the same can be run, whatever the words.
    @Test(arguments: pairs)
    func whatMayBeRunIsTheSame(pair: Pair) async throws {
        try await withRedisServers(source: pair.source, target: pair.target) { source, target in
            for (index, rules) in Self.rules.enumerated() {
                try source.setUser("app\(index) on >pw ~__tenant:acme:* resetchannels -@all \(rules) +multi +discard")
            }
            let copier = UserCopier(
                try FenceStage.plan(source, target),
                source: try await source.controlConnection(),
                target: try await target.controlConnection()
            )
            let outcome = try await copier.create()
            #expect(outcome.owned.count == Self.rules.count)
            try await ACLSwitch(target: try await target.controlConnection(), users: outcome.owned).switchTraffic()
            // Subcommands of either side are arguments of the other.
            let names = try commands(source).union(try commands(target)).sorted()
            for (index, rules) in Self.rules.enumerated() {
                let before = try denied(names, to: try source.log(in: "app\(index)"))
                let after = try denied(names, to: try target.log(in: "app\(index)"))
                let both = Set(before.keys).intersection(after.keys)
                #expect(both.count > 200)
                let more = both.filter { before[$0] == true && after[$0] == false }.sorted()
                let less = both.filter { before[$0] == false && after[$0] == true }.sorted()
                #expect(more == [] && less == [], "\(rules) at \(pair)")
            }
        }
    }

    @Test(.enabled(if: RedisVersion.v62.isAvailable && RedisVersion.valkey91.isAvailable))
    func whatTheTargetDoesNotHaveIsNamed() async throws {
        try await withRedisServers(source: .v62, target: .valkey91) { source, target in
            try source.setUser("app on >pw ~__tenant:acme:* -@all +get +set +stralgo")
            try source.fill()
            let stage = ValidationStage(source, target)
            let users = try #require(try await stage.report().checks.first { $0.name == .users })
            #expect(users.state == .warning)
            #expect(users.reason?.contains("app goes without +stralgo") == true, "\(users)")
            #expect(try target.traces() == ["default"])
        }
    }

    /// Rules that cannot be said are refused, and nothing stays of the try.
    @Test(.enabled(if: RedisVersion.valkey91.isAvailable && RedisVersion.v82.isAvailable))
    func whatCannotBeSaidIsRefused() async throws {
        try await withRedisServers(source: .valkey91, target: .v82) { source, target in
            try source.setUser("app on >pw ~__tenant:acme:* db=0,1 +@all")
            try source.fill()
            let users = try #require(
                try await ValidationStage(source, target).report().checks.first { $0.name == .users }
            )
            #expect(users.state == .fail)
            #expect(users.reason?.contains("does not take its rules") == true, "\(users)")
            #expect(users.reason?.contains("db=0,1") == true && users.reason?.contains("--no-copy-acl") == true)
            #expect(try target.traces() == ["default"])
        }
    }

    /// Wherever a try is broken off, no user stays: it is made and removed in one transaction.
    @Test func aTryThatIsBrokenOffLeavesNothing() async throws {
        try await withRedisServers { source, target in
            try source.setUser("app on >pw ~__tenant:acme:* +@all")
            let proxy = try FaultProxy(to: target)
            defer { proxy.stop() }
            let endpoint = RedisEndpoint(host: "127.0.0.1", port: proxy.port)
            for place in stride(from: 20, to: 440, by: 20) {
                let copier = UserCopier(
                    try FenceStage.plan(source, target),
                    source: try await source.controlConnection(),
                    target: try await RedisConnection.connect(to: endpoint, on: MultiThreadedEventLoopGroup.singleton)
                )
                let copies = try await copier.copies()
                proxy.arm(Fault(.cut, .toServer, after: place))
                await #expect(throws: MigrationFailure.self) { try await copier.tryRules(of: copies) }
                proxy.heal()
            }
            #expect(proxy.happened.count > 15)
            #expect(try target.call("ACL", "USERS").array?.compactMap(\.text) == ["default"])
        }
    }

    /// Whoever may neither queue commands nor ask for them copies users all the same.
    @Test func aToolWithOlderRights() async throws {
        try await withRedisServers { source, target in
            try source.setUser("app on >pw ~__tenant:acme:* +@all")
            try target.setUser("mover on >pw -@all +acl|list +acl|setuser +acl|deluser +info")
            let copier = UserCopier(
                try FenceStage.plan(source, target),
                source: try await source.controlConnection(),
                target: try await target.controlConnection(user: "mover", password: "pw")
            )
            #expect(try await copier.create().ownedNames == ["app"])
            #expect(try await copier.standings(of: copier.copies()) == [.readOnly])
            #expect(try target.call("ACL", "USERS").array?.count == 3)
        }
    }
}

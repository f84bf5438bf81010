import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import RedisClient
import Testing

/// What stays of a fence, and what it refuses to be.
@Suite struct FenceLifeTests {
    static let users = [
        "app on >pw ~__tenant:acme:* +@all",
        "app on >pw >second ~__tenant:acme:* ~other:* %R~shared:* resetchannels &__tenant:acme:* +@all -@admin",
        "app off nopass ~__tenant:acme:* %W~__tenant:acme:log:* &* -@all +@write -set +get +config|get",
        "app on >pw sanitize-payload -@all +ping (~__tenant:acme:q* -@all +lpush) (%R~x* +get) (~y* &c +publish)",
        "app on >pw ~__tenant:acme:* +@all -flushall -debug",
    ]

    @Test(arguments: users)
    func loweringRestoresTheUserByteForByte(rules: String) async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: rules)
            let before = try #require(try stage.listed("app"))
            let record = try await stage.fence.prepare()
            #expect(try stage.listed("app") == before)
            try await stage.fence.raise(record)
            #expect(try stage.listed("app") != before)
            try await stage.fence.lower(record)
            #expect(try stage.listed("app") == before)
            try await stage.fence.lower(record)
            #expect(try stage.listed("app") == before)
        }
    }

    @Test(
        .enabled(if: RedisVersion.v62.isAvailable),
        arguments: [
            "app on >pw ~__tenant:acme:* +@all -@dangerous",
            "app on nopass ~__tenant:acme:a* resetchannels &x +@write +get",
        ]
    )
    func olderServersLoseTheirWriteCommands(rules: String) async throws {
        try await withRedisServer(.v62) { server in
            let stage = try await FenceStage(server, user: rules)
            let before = try #require(try stage.listed("app"))
            let client = try server.log(in: "app")
            try client.call("SET", "__tenant:acme:a", "1")
            let record = try await stage.fence.prepare()
            try await stage.fence.raise(record)
            #expect(try client.answer("SET", "__tenant:acme:a", "2").code == "NOPERM")
            #expect(try client.answer("FLUSHALL").code == "NOPERM")
            #expect(try client.call("GET", "__tenant:acme:a").text == "1")
            try await stage.fence.lower(record)
            #expect(try stage.listed("app") == before)
        }
    }

    /// A restart keeps the mark, and what it says is what was taken.
    @Test(arguments: RedisVersion.available)
    func theMarkOutlivesARestart(version: RedisVersion) async throws {
        let server = try RedisServer(version, keepsUsers: true)
        defer { server.stop() }
        let isOld = version == .v62
        let stage = try await FenceStage(server, user: isOld ? Self.users[0] : Self.users[3])
        let before = try #require(try stage.listed("app"))
        let record = try await stage.fence.prepare()
        try await stage.fence.raise(record)
        try await stage.fence.hold(record)
        try server.restart()
        let fenced = try stage.user("app")
        #expect(fenced.fenced(in: stage.scope) == FenceStage.migration)
        let user = try #require(ACLUser(listLine: ByteString(before)))
        let original = fenced.unfenced(for: stage.scope)
        #expect(original.grants == user.grants && original.login == user.login)
        // Byte for byte by the mark alone.
        let access = ACLAccess(try await server.controlConnection())
        guard case .fence(_, let rules) = fenced.mark else { return }
        let opening: [ByteString] = isOld ? ["resetkeys"] : ["resetkeys", "clearselectors"]
        try await access.setUsers([(name: "app", rules: opening + rules)], while: "restoring the user")
        #expect(try stage.listed("app") == before)
    }

    @Test(.enabled(if: RedisVersion.v62.isAvailable))
    func olderServersCannotFenceASharedUser() async throws {
        try await withRedisServer(.v62) { server in
            let stage = try await FenceStage(server, user: "app on >pw ~__tenant:acme:* ~other:* +@all")
            await #expect(throws: MigrationFailure.self) { try await stage.fence.prepare() }
        }
    }

    @Test func aDeletedUserIsNotMadeAgain() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: "app on >pw ~__tenant:acme:* +@all")
            let record = try await stage.fence.prepare()
            try await stage.fence.raise(record)
            try server.call("ACL", "DELUSER", "app")
            try await stage.fence.lower(record)
            #expect(try stage.listed("app") == nil)
        }
    }

    @Test func aPasswordChangedMeanwhileStays() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: "app on >pw ~__tenant:acme:* +@all")
            let record = try await stage.fence.prepare()
            try await stage.fence.raise(record)
            try server.setUser("app resetpass >new")
            try await stage.fence.lower(record)
            try server.log(in: "app", password: "new").call("SET", "__tenant:acme:k", "1")
        }
    }

    @Test func theProofSeesAFenceThatIsNotThere() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: "app on >pw ~__tenant:acme:* +@all")
            let record = try await stage.fence.prepare()
            let open = record.users.map { FenceRecord.User(name: $0.name, raised: $0.lowered, lowered: $0.lowered) }
            let weak = FenceRecord(kind: record.kind, users: open)
            let missing = await #expect(throws: MigrationFailure.self) { try await stage.fence.raise(weak) }
            #expect(missing?.message.contains("user app could still run") == true)
            try await stage.fence.raise(record)
        }
    }

    @Test(arguments: [
        ("corp on >pw ~__tenant:acme-corp:* +@all", "--fence pause"),
        ("app on >pw ~__tenant:acme:* ~__tenant:* +@all", "__tenant:*"),
    ])
    func whatCannotBeFencedIsRefusedInWords(user: String, words: String) async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: user)
            let failure = await #expect(throws: MigrationFailure.self) { try await stage.fence.prepare() }
            #expect(failure?.kind == .refused)
            #expect(failure?.message.contains(words) == true)
        }
    }

    @Test func thePauseHoldsEveryWriteUntilItIsLowered() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server)
            let fence = PauseFence(users: stage.fence, shards: [stage.connection], maxPauseMilliseconds: 60_000)
            let record = try await fence.prepare()
            try await fence.raise(record)
            let client = try server.connect(timeout: 0.2)
            #expect(throws: RESPSocketError.timeout) { try client.call("SET", "k", "1") }
            #expect(try server.call("EXISTS", "k").integer == 0)
            try await fence.lower(record)
            try await fence.lower(record)
            try server.call("SET", "k", "2")
        }
    }

    @Test func suspectsAreThoseThatMayWrite() async throws {
        try await withRedisServer { server in
            let users = [
                "app on >pw ~__tenant:acme:* +@all", "batch on >pw ~* +@all", "corp on >pw ~__tenant:acme-corp:* +@all",
            ]
            let stage = try await FenceStage(server)
            for user in users { try server.setUser(user) }
            let clients = try ["app", "batch", "corp"].map { try server.log(in: $0) }
            for client in clients { try client.call("PING") }
            let fence = stage.fence
            try await fence.raise(try await fence.prepare())
            try clients[1].call("SET", "__tenant:acme:k", "1")
            let suspects = try await LeakSuspects(scope: stage.scope, source: stage.connection).list()
            #expect(suspects.map(\.user) == ["batch"])
            #expect(suspects.first?.command == "set")
        }
    }
}

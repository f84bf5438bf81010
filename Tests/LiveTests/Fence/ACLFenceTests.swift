import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import RedisClient
import Testing

@Suite struct ACLFenceTests {
    static let app = "app on >pw ~__tenant:acme:* ~other:* &* +@all"

    @Test func openConnectionsCanReadAndNotWrite() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: Self.app)
            let client = try server.log(in: "app")
            try client.call("SET", "__tenant:acme:k", "1")
            let record = try await stage.fence.prepare()
            try await stage.fence.raise(record)
            #expect(try client.answer("SET", "__tenant:acme:k", "2").code == "NOPERM")
            #expect(try client.answer("DEL", "__tenant:acme:k").code == "NOPERM")
            #expect(try client.call("GET", "__tenant:acme:k").text == "1")
            #expect(try server.log(in: "app").call("GET", "__tenant:acme:k").text == "1")
            try await stage.fence.lower(record)
            try client.call("SET", "__tenant:acme:k", "3")
        }
    }

    @Test func otherKeysAndOtherUsersFeelNothing() async throws {
        try await withRedisServer { server in
            let neighbour = "corp on >pw ~__tenant:acme-corp:* +@all"
            let stage = try await FenceStage(server, user: Self.app, neighbour)
            let before = try stage.listed("corp")
            let record = try await stage.fence.prepare()
            #expect(record.users.map(\.name) == ["app"])
            try await stage.fence.raise(record)
            try server.log(in: "app").call("SET", "other:k", "1")
            try server.log(in: "corp").call("SET", "__tenant:acme-corp:k", "1")
            #expect(try stage.listed("corp") == before)
        }
    }

    @Test func commandsWithoutKeysAreRefused() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: Self.app)
            try server.call("SET", "__tenant:acme:k", "1")
            try await stage.fence.raise(try await stage.fence.prepare())
            let client = try server.log(in: "app")
            for command in [["FLUSHALL"], ["FLUSHDB"], ["SWAPDB", "0", "1"], ["DEBUG", "FLUSHALL"]] {
                #expect(try client.answer(command.map { Bytes($0.utf8) }).code == "NOPERM", "\(command)")
            }
            #expect(try server.call("GET", "__tenant:acme:k").text == "1")
        }
    }

    @Test func aTransactionQueuedBeforeIsRefusedAtItsEnd() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: Self.app)
            let client = try server.log(in: "app")
            try client.call("MULTI")
            try client.call("SET", "__tenant:acme:k", "1")
            try await stage.fence.raise(try await stage.fence.prepare())
            let reply = try client.answer("EXEC")
            #expect(reply.code == "EXECABORT" || reply.array?.first?.code == "NOPERM", "\(reply)")
            #expect(try server.call("EXISTS", "__tenant:acme:k").integer == 0)
        }
    }

    @Test func aScriptCannotWriteAKeyThatItDoesNotDeclare() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: Self.app)
            let client = try server.log(in: "app")
            let script = "return redis.call('SET', '__tenant:acme:' .. 'k', 1)"
            try client.call("EVAL", script, 0)
            try server.call("DEL", "__tenant:acme:k")
            try await stage.fence.raise(try await stage.fence.prepare())
            #expect(try client.answer("EVAL", script, 0).errorText != nil)
            #expect(try server.call("EXISTS", "__tenant:acme:k").integer == 0)
        }
    }

    @Test func aConsumerGroupCannotAdvance() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: Self.app)
            for key in ["__tenant:acme:s", "other:s"] {
                try server.call("XADD", key, "*", "f", "v")
                try server.call("XGROUP", "CREATE", key, "g", "0")
            }
            try await stage.fence.raise(try await stage.fence.prepare())
            let client = try server.log(in: "app")
            let read = ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "__tenant:acme:s", ">"].map { Bytes($0.utf8) }
            #expect(try client.answer(read).code == "NOPERM")
            #expect(try client.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", "other:s", ">").array?.count == 1)
        }
    }

    @Test(arguments: [
        ["BLPOP", "__tenant:acme:list", "0"],
        ["XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "__tenant:acme:st", ">"],
    ])
    func aWaitingClientIsLetGoWithNothing(command: [String]) async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(server, user: Self.app)
            try server.call("XGROUP", "CREATE", "__tenant:acme:st", "g", "$", "MKSTREAM")
            let client = try server.log(in: "app")
            var request = RequestBuffer()
            request.append(command.map { Bytes($0.utf8) })
            try client.send(request.bytes)
            try await waitForBlocked(server, 1)
            try await stage.fence.raise(try await stage.fence.prepare())
            #expect(try client.receive() == .null)
            try server.call("RPUSH", "__tenant:acme:list", "a")
            #expect(try server.call("LLEN", "__tenant:acme:list").integer == 1)
            #expect(try client.answer(command.map { Bytes($0.utf8) }).code == "NOPERM")
        }
    }

    @Test func selectorsAreFencedToo() async throws {
        try await withRedisServer { server in
            let stage = try await FenceStage(
                server,
                user: "app on >pw ~__tenant:acme:a* -@all +get (~__tenant:acme:b* -@all +set) (~q* -@all +set)"
            )
            let client = try server.log(in: "app")
            try client.call("SET", "__tenant:acme:b", "1")
            let record = try await stage.fence.prepare()
            try await stage.fence.raise(record)
            #expect(try client.answer("SET", "__tenant:acme:b", "2").code == "NOPERM")
            try client.call("SET", "q", "2")
            try await stage.fence.lower(record)
            try client.call("SET", "__tenant:acme:b", "3")
        }
    }

    /// Waits until as many clients are blocked as the test wants.
    private func waitForBlocked(_ server: RedisServer, _ count: Int) async throws {
        let deadline = MonotonicClock.seconds + 10
        while MonotonicClock.seconds < deadline {
            let info = try server.call("INFO", "clients").text ?? ""
            if ServerInfo(info).integer("blocked_clients") == count { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("no client blocked")
    }
}

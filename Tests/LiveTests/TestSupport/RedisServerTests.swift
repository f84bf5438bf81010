import Glibc
import MigrationTestSupport
import Testing

@Suite struct RedisServerTests {
    @Test func aServerEndsWithItsScope() async throws {
        let pid = try await withRedisServer { server in
            let pong = try server.call("PING")
            #expect(pong == .simple(Bytes("PONG".utf8)))
            return server.pid
        }
        #expect(kill(pid, 0) == -1)
    }

    @Test func aSuspendedServerIsSilentAndComesBack() async throws {
        try await withRedisServer { server in
            server.suspend()
            #expect(throws: RESPSocketError.timeout) { try server.connect(timeout: 0.1).call("PING") }
            server.resume()
            let pong = try server.call("PING")
            #expect(pong.text == "PONG")
        }
    }

    @Test func aRestartedServerKeepsPortAndSavedData() async throws {
        try await withRedisServer { server in
            try server.call("SET", "k", "v")
            try server.call("SAVE")
            try server.restart(signal: SIGKILL)
            let value = try server.call("GET", "k")
            #expect(value.text == "v")
        }
    }

    @Test func aKilledServerCutsItsClients() async throws {
        try await withRedisServer { server in
            let socket = try server.connect()
            server.kill(SIGKILL)
            #expect(throws: RESPSocketError.closed) { try socket.call("PING") }
            #expect(throws: RESPSocketError.unreachable(ECONNREFUSED)) { try server.connect() }
        }
    }

    @Test func repliesOfBothProtocolsAreUnderstood() async throws {
        try await withRedisServer { server in
            for resp3 in [false, true] {
                let socket = try server.connect(resp3: resp3)
                try socket.call("DEL", "h", "z")
                try socket.call("HSET", "h", "f", "v")
                try socket.call("ZADD", "z", "1.65e-07", "m")
                let hash = try socket.call("HGETALL", "h")
                let score = try socket.call("ZSCORE", "z", "m")
                let missing = try socket.call("GET", "nothing")
                #expect(hash[field: "f"]?.text == "v")
                #expect(score.double == 1.65e-07)
                #expect(missing == .null)
            }
        }
    }

    @Test func largeValuesArriveWhole() async throws {
        try await withRedisServer { server in
            var random = SplitMix64(seed: 3)
            let value = random.bytes(3_000_000)
            let socket = try server.connect()
            try socket.call("SET", "large", value)
            let received = try socket.call("GET", "large")
            #expect(received.bytes == value)
            var request = RequestBuffer()
            for _ in 0..<3 { request.append("GET", "large") }
            request.append("NOSUCH")
            try socket.send(request.bytes)
            #expect(try socket.discard(4) == 1)
            let pong = try socket.call("PING")
            #expect(pong.text == "PONG")
        }
    }
}

import Glibc
import MigrationTestSupport
import Testing

/// The proxy does what it says, to the byte.
@Suite struct FaultProxyTests {
    private func run(_ body: (RedisServer, FaultProxy) throws -> Void) async throws {
        try await withRedisServer { server in
            let proxy = try FaultProxy(to: server)
            defer { proxy.stop() }
            try body(server, proxy)
        }
    }

    private func connect(_ proxy: FaultProxy, timeout: Double = 5) throws -> RESPSocket {
        try RESPSocket(Endpoint(port: proxy.port), timeout: timeout)
    }

    private static let increment = Bytes("*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n".utf8)

    @Test func withoutFaultsEverythingPasses() async throws {
        try await run { _, proxy in
            var random = SplitMix64(seed: 1)
            let value = random.bytes(3_000_000)
            let client = try connect(proxy)
            try client.call("SET", "k", value)
            #expect(try client.call("GET", "k").bytes == value)
            #expect(proxy.passed(.toTool) > value.count && proxy.passed(.toServer) > value.count)
        }
    }

    /// What was sent before the byte at which it happens arrives, nothing after it.
    @Test func aCutComesAtItsByte() async throws {
        try await run { server, proxy in
            let client = try connect(proxy)
            proxy.arm(Fault(.cut, .toServer, after: Self.increment.count * 10))
            try client.send(Array(repeatElement(Self.increment, count: 25).joined()))
            #expect(throws: RESPSocketError.self) { for _ in 0..<25 { _ = try client.receive() } }
            #expect(try server.call("GET", "n").integer == 10)
            #expect(try connect(proxy).call("PING").text == "PONG", "the next connection is a new one")
        }
    }

    @Test func aWideCutHitsEveryConnection() async throws {
        try await run { _, proxy in
            let clients = try (0..<3).map { _ in try connect(proxy) }
            for client in clients { try client.call("PING") }
            proxy.arm(Fault(.cut, .toTool, isWide: true))
            for client in clients { #expect(throws: RESPSocketError.self) { try client.call("PING") } }
        }
    }

    /// As in a network: what a client sent before it closed its connection still arrives, late.
    @Test func whatWasSentArrivesAfterTheClientIsGone() async throws {
        try await run { server, proxy in
            var client: RESPSocket? = try connect(proxy)
            proxy.arm(Fault(.stall(milliseconds: 300, bothWays: false), .toServer))
            try client?.send(Self.increment)
            client = nil
            usleep(100_000)
            #expect(try server.call("EXISTS", "n").integer == 0)
            usleep(400_000)
            #expect(try server.call("GET", "n").integer == 1)
        }
    }

    @Test(arguments: [
        Fault(.stall(milliseconds: 200, bothWays: true)), Fault(.delay(by: 200, milliseconds: 100), .toServer),
        Fault(.drip(bytes: 1, every: 100, milliseconds: 250)),
    ])
    func whatIsLateIsWhole(fault: Fault) async throws {
        try await run { _, proxy in
            let client = try connect(proxy)
            proxy.arm(fault)
            let began = MonotonicClock.seconds
            #expect(try client.call("ECHO", "unharmed").text == "unharmed")
            #expect(MonotonicClock.seconds - began > 0.19)
            #expect(proxy.happened == [fault])
        }
    }

    @Test func aHalfCutEnds() async throws {
        try await run { server, proxy in
            let client = try connect(proxy)
            proxy.arm(Fault(.halfCut(milliseconds: 200), .toTool))
            #expect(throws: RESPSocketError.self) { try client.call("INCR", "n") }
            #expect(try server.call("GET", "n").integer == 1, "the other direction passes")
        }
    }

    @Test func refusalsEnd() async throws {
        try await run { _, proxy in
            let client = try connect(proxy)
            proxy.arm(Fault(.refuse(milliseconds: 300), .toServer))
            #expect(throws: RESPSocketError.self) { try client.call("PING") }
            #expect(throws: RESPSocketError.self) { try connect(proxy).call("PING") }
            usleep(350_000)
            #expect(try connect(proxy).call("PING").text == "PONG")
        }
    }

    @Test func healingEndsAStall() async throws {
        try await run { _, proxy in
            let client = try connect(proxy)
            proxy.arm(Fault(.stall(milliseconds: 60_000, bothWays: true), isWide: true))
            proxy.arm(Fault(.cut, after: 100))
            try client.send(Self.increment)
            usleep(100_000)
            proxy.heal()
            #expect(try client.receive().integer == 1)
            #expect(try client.call("ECHO", Bytes(repeating: 65, count: 1000)).bytes?.count == 1000)
        }
    }

    /// Values are never touched: nobody could notice.
    @Test func aCorruptionHitsAHeader() async throws {
        try await run { _, proxy in
            let value = Bytes("$5\r\n*3\r\n:1\r\n".utf8)
            for corruption in [Fault.Corruption.type, .length] {
                let client = try connect(proxy)
                try client.call("SET", "k", value)
                proxy.arm(Fault(.corrupt(corruption), after: 3))
                #expect(try client.call("GET", "k").bytes == value, "the header has passed")
                #expect(throws: RESPSocketError.self) { try client.call("GET", "k") }
            }
        }
    }

    @Test func aPayloadIsCorruptOnlyWhereItsChecksumIsCompared() async throws {
        try await run { server, proxy in
            let value = Bytes(repeating: 66, count: 100)
            try server.call("SET", "k", value)
            proxy.arm(Fault(.corrupt(.payload)))
            #expect(try connect(proxy).call("GET", "k").bytes == value)
            let client = try connect(proxy)
            #expect(try client.call("MGET", "k").array?.first?.bytes == value)
            let dump = try client.call("DUMP", "k").bytes
            let whole = try server.call("DUMP", "k").bytes
            #expect(dump != whole && dump?.count == whole?.count)
        }
    }
}

import Foundation
import MigrationCore
import MigrationTestSupport
import NIOCore
import Synchronization
import Testing

@testable import ControlPlane

/// Whoever asks, and however: the server answers what is right, and is not held up by what is wrong.
@Suite(.serialized) struct MetricsServerTests {
    private final class FakeService: MetricsService {
        let ailment = Mutex<String?>(nil)
        let delay = Mutex(Duration.zero)
        let asked = Atomic(0)

        func metrics() async -> String {
            asked.add(1, ordering: .relaxed)
            try? await Task.sleep(for: delay.withLock { $0 })
            return "some_metric 1\n"
        }

        func ailment() async -> String? { ailment.withLock { $0 } }
    }

    private func withServer(
        patience: TimeAmount = .seconds(10),
        _ body: @Sendable (String, FakeService) async throws -> Void
    ) async throws {
        let service = FakeService()
        let server = try await MetricsServer.start(
            at: ListenAddress(host: "127.0.0.1", port: 0),
            service: service,
            patience: patience
        )
        #expect(server.address.port > 0)
        try await body("\(server.address)", service)
        await server.close()
        #expect(throws: (any Error).self) { try HTTPSocket("\(server.address)") }
    }

    @Test func whatIsAskedIsAnswered() async throws {
        try await withServer { address, service in
            let metrics = try HTTPSocket.ask(address, "GET /metrics?x=1")
            #expect(metrics.head.hasPrefix("HTTP/1.1 200 OK\r\n") && metrics.body == "some_metric 1\n")
            #expect(metrics.head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"))
            let head = try HTTPSocket.ask(address, "HEAD /metrics")
            #expect(head.head.contains("Content-Length: 14") && head.body.isEmpty)
            #expect(try HTTPSocket.ask(address, "GET /healthz").body == "ok\n")
            #expect(try HTTPSocket.ask(address, "GET /").head.hasPrefix("HTTP/1.1 404 "))
            #expect(try HTTPSocket.ask(address, "POST /nothing").head.hasPrefix("HTTP/1.1 404 "))
            let post = try HTTPSocket.ask(address, "POST /metrics")
            #expect(post.head.hasPrefix("HTTP/1.1 405 ") && post.head.contains("Allow: GET, HEAD"))
            service.ailment.withLock { $0 = "reconnecting since noon" }
            let ill = try HTTPSocket.ask(address, "GET /healthz")
            #expect(ill.head.hasPrefix("HTTP/1.1 503 ") && ill.body == "reconnecting since noon\n")
        }
    }

    @Test func severalRequestsOnOneConnection() async throws {
        try await withServer { address, _ in
            let socket = try HTTPSocket(address)
            socket.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            socket.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let lines = (socket.rest() ?? "").split(separator: "\r\n").filter { $0.contains("HTTP/1.1") }
            #expect(lines.count == 3 && lines[0].contains("200") && lines[2].contains("404"), "\(lines)")
        }
    }

    /// As `nc -N` and HTTP/1.0 do.
    @Test func aClientThatEndsItsSide() async throws {
        try await withServer { address, service in
            service.delay.withLock { $0 = .milliseconds(200) }
            let socket = try HTTPSocket(address)
            socket.send("GET /metrics HTTP/1.0\r\n\r\n")
            socket.endSending()
            #expect(socket.rest()?.hasSuffix("\r\n\r\nsome_metric 1\n") == true)
        }
    }

    @Test func halfARequestIsNotWaitedForForEver() async throws {
        try await withServer(patience: .milliseconds(500)) { address, _ in
            let half = try HTTPSocket(address)
            half.send("GET /metrics HTTP/1.1\r\nHost: a\r\n")
            let drip = try HTTPSocket(address)
            drip.send("GET /metrics HTTP/1.1\r\n")
            let start = ContinuousClock.now
            while !drip.isClosed, ContinuousClock.now - start < .seconds(8) {
                drip.send("X")
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(ContinuousClock.now - start < .seconds(5), "a byte now and then buys no time")
            #expect(half.rest() == "")
            #expect(try HTTPSocket.ask(address, "GET /healthz").body == "ok\n")
        }
    }

    @Test func aHundredConnections() async throws {
        try await withServer(patience: .seconds(2)) { address, _ in
            var sockets: [HTTPSocket] = []
            for _ in 0..<100 { sockets.append(try HTTPSocket(address)) }
            try await Task.sleep(for: .milliseconds(500))
            let open = sockets.filter { !$0.isClosed }
            #expect(open.count <= MetricsServer.mostConnections && open.count > 0, "\(open.count)")
            open.first?.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(open.first?.rest()?.hasSuffix("ok\n") == true, "those that are in are answered")
            sockets = []
            try await Task.sleep(for: .milliseconds(200))
            #expect(try HTTPSocket.ask(address, "GET /healthz").body == "ok\n")
        }
    }

    @Test(arguments: [
        "GET /metrics HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 1 << 20))\r\n\r\n",
        "GET /\(String(repeating: "x", count: 1 << 20)) HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /metrics HTTP/1.1\r\n" + (0..<1000).map { "X\($0): 1\r\n" }.joined() + "\r\n",
        "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n\(String(repeating: "x", count: 1_000_000))",
        "\u{16}\u{3}\u{1}\u{2}\u{0}", "GET\r\n\r\n", "GET /metrics HTTP/9.9\r\n\r\n", "*1\r\n$4\r\nPING\r\n",
    ])
    func whatIsTooLongOrNoHTTP(request: String) async throws {
        try await withServer(patience: .seconds(2)) { address, service in
            let socket = try HTTPSocket(address)
            socket.send(request)
            let answer = try #require(socket.rest(), "it is closed")
            #expect(answer.isEmpty || !answer.hasPrefix("HTTP/1.1 2"), "\(answer.prefix(80))")
            #expect(service.asked.load(ordering: .relaxed) == 0)
            #expect(try HTTPSocket.ask(address, "GET /healthz").body == "ok\n")
        }
    }

    @Test func whatWasAskedIsAnsweredAtTheEnd() async throws {
        let service = FakeService()
        service.delay.withLock { $0 = .milliseconds(500) }
        let server = try await MetricsServer.start(at: ListenAddress(host: "127.0.0.1", port: 0), service: service)
        let socket = try HTTPSocket("\(server.address)")
        let idle = try HTTPSocket("\(server.address)")
        socket.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        while service.asked.load(ordering: .relaxed) == 0 { try await Task.sleep(for: .milliseconds(5)) }
        let start = ContinuousClock.now
        await server.close()
        #expect(ContinuousClock.now - start < .seconds(3), "nobody waits for those who ask nothing")
        #expect(socket.rest()?.hasSuffix("some_metric 1\n") == true)
        #expect(idle.rest() == "")
    }

    @Test func anAddressThatIsTaken() async throws {
        try await withServer { address, _ in
            let taken = try #require(ListenAddress(parsing: address))
            let failure = await #expect(throws: MigrationFailure.self) { try await MetricsServer.check(taken) }
            #expect(failure?.kind == .configuration)
            let words = "cannot listen at \(address): Address already in use; give another address or port"
            #expect(failure?.message == "--metrics-listen " + words)
        }
    }

    @Test(arguments: ["192.0.2.1:9121", "no-such-host.invalid:9121"])
    func anAddressThatIsNotHere(text: String) async throws {
        let address = try #require(ListenAddress(parsing: text))
        let failure = await #expect(throws: MigrationFailure.self) { try await MetricsServer.check(address) }
        #expect(failure?.kind == .configuration && failure?.message.contains("cannot listen at \(text): ") == true)
    }
}

import FoundationEssentials
import Glibc
import MigrationCore
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct ControlPlaneTests {

    @Test func everyRequestReachesTheServiceAndItsAnswerTheClient() async throws {
        try await withServer { path, service in
            let client = ControlClient(socketPath: path)
            service.gate.open()
            let options = try CutoverOptions(force: true, maxLag: 5, maxPauseMilliseconds: 20, fence: .none)
            #expect(try await client.status() == service.status)
            let plain = try await client.cutover(options, waitForVerification: false)
            #expect(plain.outcome == .switched(downtimeMilliseconds: 3.5, keysMigrated: 3))
            #expect(plain.verification == nil)
            #expect(try await client.cutover(options, waitForVerification: true).verification == Samples.report)
            #expect(try await client.verify(sample: nil) == Samples.report)
            try await client.stop()
            let update = try TransferUpdate(parallel: 8)
            #expect(try await client.update(update) == service.status)
            #expect(
                service.asked == [
                    .status, .status, .cutover(options, waitForVerification: false), .stop, .status,
                    .cutover(options, waitForVerification: true), .stop, .status, .verify(sample: nil), .stop,
                    .update(update),
                ]
            )
        }
    }

    @Test func theServicesFailureIsThrownAsItIs() async throws {
        try await withServer { path, _ in
            await #expect(throws: ControlError.failed(Samples.failure)) {
                try await ControlClient(socketPath: path).verify(sample: 3)
            }
        }
    }

    @Test func optionsOutOfRangeDoNotReachTheService() async throws {
        try await withServer { path, service in
            let client = ControlClient(socketPath: path)
            var options = try CutoverOptions()
            options.maxPauseMilliseconds = -1
            let wrong = options
            for request in [ControlRequest.cutover(wrong, waitForVerification: false), .verify(sample: 0)] {
                let error = await #expect(throws: ControlError.self) { try await client.send(request) }
                #expect(error?.failure.kind == .configuration)
            }
            let raw = try RawClient(path)
            raw.send("{\"update\":{\"update\":{\"parallel\":0}}}\n".utf8)
            #expect(try await raw.receive().contains("parallel cannot be 0"))
            #expect(service.asked == [])
        }
    }

    @Test func aLateReplyIsWaitedForWhileOthersAreAnswered() async throws {
        try await withServer { path, service in
            let client = ControlClient(socketPath: path)
            async let late = client.cutover(CutoverOptions(), waitForVerification: false)
            #expect(try await eventually { service.asked.count == 2 })
            for _ in 0..<20 { _ = try await client.status() }
            service.gate.open()
            #expect(try await late.outcome == .switched(downtimeMilliseconds: 3.5, keysMigrated: 3))
        }
    }

    @Test func aClientThatLeavesEarlyChangesNothing() async throws {
        try await withServer { path, service in
            let waiting = Task {
                try await ControlClient(socketPath: path).cutover(CutoverOptions(), waitForVerification: false)
            }
            #expect(try await eventually { service.asked.count == 2 })
            waiting.cancel()
            await #expect(throws: ControlError.disconnected(socket: path)) { try await waiting.value }
            do {
                let client = try RawClient(path)
                client.send("{\"status\":{}}\n".utf8)
            }
            service.gate.open()
            #expect(try await eventually { service.asked.contains(.stop) && service.asked.contains(.status) })
            _ = try await ControlClient(socketPath: path).status()
        }
    }

    @Test(arguments: [
        "\n", "GET / HTTP/1.1\r\n\r\n", "{\"status\":{}", "{\"dance\":{}}\n", "\u{0}\u{FFFD}\n", "*1\r\n$4\r\n",
    ])
    func garbageIsAnsweredInWordsOrNotAtAll(_ text: String) async throws {
        try await withServer { path, service in
            let client = try RawClient(path)
            client.send(text.utf8)
            shutdown(client.descriptor, Int32(SHUT_WR))
            let answer = try await client.receive()
            #expect(answer.isEmpty != text.utf8.contains(0x0A))
            #expect(answer.isEmpty || answer.contains("did not understand"))
            #expect(service.asked == [])
            _ = try await ControlClient(socketPath: path).status()
        }
    }

    @Test func aRequestWithoutEndIsBounded() async throws {
        try await withServer { path, _ in
            let client = try RawClient(path)
            client.send(repeatElement(0x20, count: ControlLine.maximumRequest + 2))
            #expect(try await client.receive().contains("longer than 1048576 bytes"))
        }
    }

    @Test func aRequestMayComeByteByByte() async throws {
        try await withServer { path, _ in
            let client = try RawClient(path)
            for byte in "{\"status\":{}}\nmore".utf8 { client.send([byte]) }
            #expect(try await client.receive().hasPrefix("{\"status\":{\"status\":{"))
        }
    }

    @Test func anotherUserIsTurnedAway() async throws {
        let temporary = try TemporaryFolder()
        let path = temporary.path + "/control.sock"
        let service = try FakeService()
        let server = try await ControlServer.start(socketPath: path, service: service) { $0 != geteuid() }
        await #expect(throws: ControlError.disconnected(socket: path)) {
            try await ControlClient(socketPath: path).status()
        }
        #expect(service.asked == [])
        await server.close()
    }

    private func withServer(_ body: (String, FakeService) async throws -> Void) async throws {
        let temporary = try TemporaryFolder()
        let path = temporary.path + "/control.sock"
        let service = try FakeService()
        let server = try await ControlServer.start(socketPath: path, service: service)
        do {
            try await body(path, service)
        } catch {
            service.gate.open()
            await server.close()
            throw error
        }
        service.gate.open()
        await server.close()
    }
}

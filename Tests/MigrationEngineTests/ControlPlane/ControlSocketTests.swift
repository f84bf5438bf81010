import FoundationEssentials
import Glibc
import MigrationCore
import Testing

@testable import ControlPlane

/// The socket itself: where it is, whose it is, and what is left of it.
@Suite(.timeLimit(.minutes(1))) struct ControlSocketTests {

    @Test(arguments: [60, 103, 104, 107, 108, 109, 240]) func aPathOfAnyLengthWorks(_ length: Int) async throws {
        let temporary = try TemporaryFolder()
        let name = "/control.sock"
        let rest = length - temporary.path.count - 1 - name.count
        let folder = temporary.path + "/" + String(repeating: "d", count: rest)
        try #require(mkdir(folder, 0o700) == 0)
        let path = folder + name
        try #require(path.utf8.count == length)
        let server = try await ControlServer.start(socketPath: path, service: FakeService())
        #expect(try await ControlClient(socketPath: path).status().phase == .liveSync)
        #expect(mode(path) == 0o600)
        await server.close()
        #expect(mode(path) == nil)
    }

    @Test func whereNobodyListensThereIsNoWorker() async throws {
        let temporary = try TemporaryFolder()
        let long = temporary.path + "/" + String(repeating: "x", count: 200) + "/control.sock"
        for path in [temporary.path + "/control.sock", long] {
            await #expect(throws: ControlError.noWorker(socket: path)) {
                try await ControlClient(socketPath: path).status()
            }
        }
    }

    @Test func aSocketLeftByTheDeadIsNoWorkerAndIsReplaced() async throws {
        let temporary = try TemporaryFolder()
        let path = temporary.path + "/control.sock"
        let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        close(dead)
        await #expect(throws: ControlError.noWorker(socket: path)) {
            try await ControlClient(socketPath: path).status()
        }
        let server = try await ControlServer.start(socketPath: path, service: FakeService())
        _ = try await ControlClient(socketPath: path).status()
        await server.close()
    }

    @Test func aFolderThatIsNoneIsRefusedInWords() async throws {
        let temporary = try TemporaryFolder()
        try Data().write(to: URL(filePath: temporary.path + "/file"))
        let path = temporary.path + "/file/control.sock"
        let failure = await #expect(throws: MigrationFailure.self) {
            _ = try await ControlServer.start(socketPath: path, service: FakeService())
        }
        #expect(failure?.message == "the worker cannot listen at \(path): Not a directory; check the journal's folder")
        let error = await #expect(throws: ControlError.self) { try await ControlClient(socketPath: path).status() }
        #expect(error == .unusable(socket: path, reason: "Not a directory"))
    }

    @Test func aWorkerThatNeverAnswersIsGivenUp() async throws {
        let temporary = try TemporaryFolder()
        let path = temporary.path + "/control.sock"
        let service = try FakeService()
        let server = try await ControlServer.start(socketPath: path, service: service)
        let request = ControlRequest.cutover(try CutoverOptions(), waitForVerification: false)
        await #expect(throws: ControlError.timedOut(socket: path, processID: nil)) {
            try await ControlClient(socketPath: path).send(request, timeout: .milliseconds(50))
        }
        service.gate.open()
        await server.close()
    }

    @Test func closingLetsAnOpenRequestBeAnswered() async throws {
        let temporary = try TemporaryFolder()
        let path = temporary.path + "/control.sock"
        let service = try FakeService()
        let server = try await ControlServer.start(socketPath: path, service: service)
        let silent = try RawClient(path)
        async let late = ControlClient(socketPath: path).cutover(CutoverOptions(), waitForVerification: false)
        #expect(try await eventually { service.asked.count == 2 })
        async let closed: Void = server.close()
        #expect(try await eventually { mode(path) == nil })
        service.gate.open()
        #expect(try await late.outcome == .switched(downtimeMilliseconds: 3.5, keysMigrated: 3))
        await closed
        #expect(try await silent.receive().isEmpty)
    }

    private func mode(_ path: String) -> mode_t? {
        var information = stat()
        return lstat(path, &information) == 0 ? information.st_mode & 0o7777 : nil
    }
}

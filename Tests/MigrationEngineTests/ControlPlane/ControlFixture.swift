import FoundationEssentials
import Glibc
import MigrationCore
import Synchronization

@testable import ControlPlane

/// A worker's answers without a worker: it notes what it was asked.
final class FakeService: ControlService {
    private let notes = Mutex<[ControlRequest]>([])
    let status: MigrationStatus
    /// Cutovers wait for it.
    let gate = Gate()

    var asked: [ControlRequest] { notes.withLock { $0 } }

    init() throws {
        status = MigrationStatus(plan: try Samples.plan(), phase: .liveSync, at: Samples.start)
    }

    func status() async throws(MigrationFailure) -> MigrationStatus {
        note(.status)
        return status
    }

    func cutover(
        _ options: CutoverOptions,
        waitForVerification: Bool
    ) async throws(MigrationFailure) -> CutoverReport {
        note(.cutover(options, waitForVerification: waitForVerification))
        await gate.wait()
        let outcome = CutoverOutcome.switched(downtimeMilliseconds: 3.5, keysMigrated: 3)
        note(.stop)
        return CutoverReport(outcome: outcome, verification: waitForVerification ? Samples.report : nil)
    }

    func verify(sample: Int?) async throws(MigrationFailure) -> VerificationReport {
        note(.verify(sample: sample))
        guard sample == nil else { throw Samples.failure }
        return Samples.report
    }

    func pause() async throws(MigrationFailure) -> MigrationStatus {
        note(.pause)
        return status
    }

    func resume() async throws(MigrationFailure) -> MigrationStatus {
        note(.resume)
        return status
    }

    func cancel(force: Bool) async throws(MigrationFailure) -> CancelReport {
        note(.cancel(force: force))
        return CancelReport(keysRemoved: 3)
    }

    func update(_ update: TransferUpdate) async throws(MigrationFailure) -> MigrationStatus {
        note(.update(update))
        return status
    }

    func stop() async throws(MigrationFailure) {
        note(.stop)
    }

    func schedule(_ schedule: CutoverSchedule) async throws(MigrationFailure) -> ScheduleReport {
        note(.schedule(schedule))
        return ScheduleReport(now: schedule, before: schedule)
    }

    func unschedule() async throws(MigrationFailure) -> ScheduleReport {
        note(.unschedule)
        return ScheduleReport(before: nil)
    }

    private func note(_ request: ControlRequest) {
        notes.withLock { $0.append(request) }
    }
}

/// Closed until it is opened, once.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func open() { continuation.finish() }

    func wait() async {
        for await _ in stream {}
    }
}

/// A client without manners: writes what it is told to a unix socket.
final class RawClient: Sendable {
    let descriptor: Int32

    init(_ path: String) throws {
        let socketPath = try SocketPath(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.usable.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        guard result == 0 else { throw ControlPlane.SystemError(code: errno) }
    }

    deinit { close(descriptor) }

    func send(_ bytes: some Sequence<UInt8>) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// All that comes until the other side closes. It never blocks a thread: the server may need that very one.
    func receive() async throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count < 0 && errno == EWOULDBLOCK {
                try await Task.sleep(for: .milliseconds(5))
                continue
            }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}

import Glibc
import MigrationCore
import NIOCore
import NIOPosix

/// Asks the worker of a migration. Each call is a connection of its own, and can be cancelled.
package struct ControlClient: Sendable {
    private let socketPath: String
    private let processID: Int?
    private let group: any EventLoopGroup

    /// - Parameter processID: The worker's, for what is said of one that hangs.
    package init(
        socketPath: String,
        processID: Int? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.socketPath = socketPath
        self.processID = processID
        self.group = group
    }

    /// What a worker answers at once, or as soon as what is under way has arrived. A worker that hangs never does.
    private static let patience = Duration.seconds(30)

    package func status(timeout: Duration = .seconds(10)) async throws(ControlError) -> MigrationStatus {
        guard case .status(let status) = try await send(.status, timeout: timeout) else { throw unreadable }
        return status
    }

    /// Before what may take as long as it likes: a worker that hangs now is found out.
    private func checkItAnswers() async throws(ControlError) { _ = try await status() }

    /// Answered when the cutover has ended; it bounds its own time by the options.
    package func cutover(
        _ options: CutoverOptions,
        waitForVerification: Bool
    ) async throws(ControlError) -> CutoverReport {
        try await checkItAnswers()
        let request = ControlRequest.cutover(options, waitForVerification: waitForVerification)
        guard case .cutover(let report) = try await send(request) else { throw unreadable }
        return report
    }

    package func verify(sample: Int?) async throws(ControlError) -> VerificationReport {
        try await checkItAnswers()
        guard case .verification(let report) = try await send(.verify(sample: sample)) else { throw unreadable }
        return report
    }

    package func pause() async throws(ControlError) -> MigrationStatus { try await status(after: .pause) }

    package func resume() async throws(ControlError) -> MigrationStatus { try await status(after: .resume) }

    /// Answered when what was copied is removed.
    package func cancel(force: Bool) async throws(ControlError) -> CancelReport {
        try await checkItAnswers()
        guard case .cancelled(let report) = try await send(.cancel(force: force)) else { throw unreadable }
        return report
    }

    package func schedule(_ schedule: CutoverSchedule) async throws(ControlError) -> ScheduleReport {
        try await report(after: .schedule(schedule))
    }

    package func unschedule() async throws(ControlError) -> ScheduleReport { try await report(after: .unschedule) }

    package func update(_ update: TransferUpdate) async throws(ControlError) -> MigrationStatus {
        try await status(after: .update(update))
    }

    package func stop(timeout: Duration = .seconds(10)) async throws(ControlError) {
        guard case .stopping = try await send(.stop, timeout: timeout) else { throw unreadable }
    }

    /// Sends the request and waits for the reply; a failure that the worker answers is thrown.
    ///
    /// - Parameter timeout: How long the worker may take, nil for as long as it lives.
    package func send(_ request: ControlRequest, timeout: Duration? = nil) async throws(ControlError) -> ControlReply {
        let promise = group.any().makePromise(of: ByteBuffer.self)
        let channel: any Channel
        do {
            channel = try await connect(promise)
        } catch {
            promise.fail(error)
            throw error
        }
        let deadline = timeout.map { limit in
            channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
                promise.fail(ControlError.timedOut(socket: socketPath, processID: processID))
            }
        }
        defer {
            deadline?.cancel()
            channel.close(promise: nil)
        }
        let line = try await exchange(request, on: channel, promise)
        guard let reply = ControlLine.decode(ControlReply.self, from: line) else { throw unreadable }
        if case .failure(let failure) = reply { throw .failed(failure) }
        return reply
    }

    private func status(after request: ControlRequest) async throws(ControlError) -> MigrationStatus {
        guard case .status(let status) = try await send(request, timeout: Self.patience) else { throw unreadable }
        return status
    }

    private func report(after request: ControlRequest) async throws(ControlError) -> ScheduleReport {
        guard case .scheduled(let report) = try await send(request, timeout: Self.patience) else { throw unreadable }
        return report
    }

    private var unreadable: ControlError { .unreadable(socket: socketPath) }

    private func connect(_ promise: EventLoopPromise<ByteBuffer>) async throws(ControlError) -> any Channel {
        let bootstrap = ClientBootstrap(group: promise.futureResult.eventLoop)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ControlClientHandler(promise))
                }
            }
        do {
            let path = try SocketPath(socketPath)
            defer { withExtendedLifetime(path) {} }
            return try await bootstrap.connect(unixDomainSocketPath: path.usable).get()
        } catch {
            throw explain(error)
        }
    }

    private func exchange(
        _ request: ControlRequest,
        on channel: any Channel,
        _ promise: EventLoopPromise<ByteBuffer>
    ) async throws(ControlError) -> ByteBuffer {
        do {
            let line = try ControlLine.encode(request)
            return try await withTaskCancellationHandler {
                channel.writeAndFlush(line, promise: nil)
                return try await promise.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch let error as ControlError {
            throw error
        } catch {
            throw .disconnected(socket: socketPath)
        }
    }

    private func explain(_ error: any Error) -> ControlError {
        let code = (error as? SystemError)?.code ?? (error as? IOError)?.errnoCode
        switch code {
        case ENOENT, ECONNREFUSED: return .noWorker(socket: socketPath)
        default: return .unusable(socket: socketPath, reason: systemReason(error))
        }
    }
}

/// Collects the reply.
private final class ControlClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<ByteBuffer>
    private var reply = ControlLine.Collector(maximum: ControlLine.maximumReply)

    init(_ promise: EventLoopPromise<ByteBuffer>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch reply.take(unwrapInboundIn(data)) {
        case .more: break
        case .line(let line): promise.succeed(line)
        case .tooLong: context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

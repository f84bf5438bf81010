import MigrationCore
import NIOCore
import RESP
import RedisClient

/// One lane: a connection to the source and one to the target on the same event loop, with a `LaneMachine` between
/// them. A key always goes through the same lane, so its reads and writes never overtake each other.
///
/// Confined to its event loop; `LaneHandle` is what others hold.
final class Lane {
    /// Batches in flight: the source works on the next ones while the target works on the last.
    private static let mostBatches = 4
    /// For a target that does not read what it was sent.
    private static let patience = TimeAmount.seconds(2)
    /// How long servers may owe an answer without sending a byte: a command that blocks a server is not that long.
    private static let silence = TimeAmount.seconds(30)

    private let number: Int
    private let queue: KeyTransferQueue
    private let servers: (source: String, target: String)
    private let failed: @Sendable (LaneFailure) -> Void
    private var pulses: (source: LanePulse, target: LanePulse)
    private var machine: LaneMachine
    private var source: (any Channel)?
    private var target: (any Channel)?
    private var targetInput = ByteBuffer()
    private var hasEnded = false
    private var isClosed = false
    private var lastByte = NIODeadline.now()
    private var watch: RepeatedTask?
    /// A command that the target was sent and whose answer is waited for: its number, and when.
    private var timed: (command: Int, sent: NIODeadline)?

    init(
        number: Int,
        queue: KeyTransferQueue,
        expiryQuery: ExpiryQuery,
        bigValueBytes: Int?,
        endpoints: MigrationEndpoints,
        failed: @escaping @Sendable (LaneFailure) -> Void
    ) {
        self.number = number
        self.queue = queue
        servers = (endpoints.source.description, endpoints.target.description)
        pulses = (LanePulse(endpoints.source.pulse), LanePulse(endpoints.target.pulse))
        self.failed = failed
        machine = LaneMachine(expiryQuery: expiryQuery, bigValueBytes: bigValueBytes)
    }

    func attach(source: any Channel) { self.source = source }
    func attach(target: any Channel) {
        self.target = target
        let lane = NIOLoopBound(self, eventLoop: target.eventLoop)
        let interval = min(.seconds(1), pulses.source.interval, pulses.target.interval)
        watch = target.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            lane.value.checkSilence()
            lane.value.askForLife()
        }
    }

    private func askForLife() {
        guard !hasEnded else { return }
        let isIdle = machine.batchesInFlight == 0
        if let ping = pulses.source.question(isIdle: isIdle, at: .now()) { source?.writeAndFlush(ping, promise: nil) }
        if let ping = pulses.target.question(isIdle: isIdle, at: .now()) { target?.writeAndFlush(ping, promise: nil) }
    }

    private func checkSilence() {
        if machine.batchesInFlight == 0 { lastByte = .now() }
        guard NIODeadline.now() - lastByte > Self.silence else { return }
        end(.silent(server: machine.waitsForSource ? servers.source : servers.target))
    }

    /// Asks the source for as much as may be in flight.
    func pump() {
        guard !hasEnded, let source, target != nil else { return }
        let bounds = queue.bounds
        (machine.mostWaitingBytes, machine.chunkBytes) = (bounds.answers.bytes, bounds.chunkBytes)
        while machine.batchesInFlight < Self.mostBatches, let next = queue.next(lane: number) {
            machine.submit(next.batch, ticket: next.ticket)
        }
        if let bytes = machine.takeSourceOut() { source.writeAndFlush(bytes, promise: nil) }
    }

    func sourceRead(_ bytes: ByteBuffer) {
        var bytes = bytes
        pulses.source.strip(&bytes)
        guard bytes.readableBytes > 0 else { return }
        perform { (machine) throws(LaneFailure) in try machine.sourceBytes(bytes) }
    }

    func targetRead(_ bytes: ByteBuffer) {
        var bytes = bytes
        pulses.target.strip(&bytes)
        guard bytes.readableBytes > 0 else { return }
        var pending = targetInput
        targetInput = ByteBuffer()
        if pending.readableBytes > 0 {
            pending.writeImmutableBuffer(bytes)
        } else {
            pending = bytes
        }
        perform { (machine) throws(LaneFailure) in try machine.targetBytes(&pending) }
        if pending.readableBytes > 0 { targetInput = ByteBuffer(bytes: pending.readableBytesView) }
    }

    /// The source is not read while the target's socket is full: what cannot be sent on is not fetched.
    func targetWritabilityChanged(_ isWritable: Bool) {
        source?.setOption(.autoRead, value: isWritable).whenComplete { _ in }
    }

    func closed(isSource: Bool) {
        guard !hasEnded else { return }
        let key = machine.keyUnderWay(toTarget: !isSource)
        if isSource {
            queue.sourceClosed(over: machine.waitingBytes)
        } else {
            queue.targetRefused(machine.payloadUnderWay)
        }
        end(.disconnected(server: isSource ? servers.source : servers.target, key: key))
    }

    /// Sends nothing more. What the target was sent before it still executes, and then ends the connection itself.
    func close() {
        guard !isClosed else { return }
        hasEnded = true
        isClosed = true
        watch?.cancel()
        source?.close(promise: nil)
        guard let target else { return }
        target.close(mode: .output, promise: nil)
        let timer = target.eventLoop.scheduleTask(in: Self.patience) { target.close(promise: nil) }
        target.closeFuture.whenComplete { _ in timer.cancel() }
    }

    /// Completed once nothing that this lane has sent can change the target any more.
    var drained: EventLoopFuture<Void>? { target?.closeFuture }

    private func perform(_ step: (inout LaneMachine) throws(LaneFailure) -> Void) {
        guard !hasEnded else { return }
        lastByte = .now()
        do {
            try step(&machine)
        } catch {
            if error.isRefusedLength { queue.targetRefused(machine.payloadUnderWay) }
            end(error)
            return
        }
        noteAnswer()
        if let bytes = machine.takeTargetOut() {
            target?.writeAndFlush(bytes, promise: nil)
            noteSent()
        }
        let completions = machine.takeCompletions()
        if !completions.isEmpty { queue.completed(lane: number, completions) }
        pump()
    }

    /// Of all that is in flight one command is timed, the last of those that were sent together.
    private func noteSent() {
        guard timed == nil, machine.commandsWhole > machine.commandsAnswered else { return }
        timed = (machine.commandsWhole, lastByte)
    }

    private func noteAnswer() {
        guard let timed, machine.commandsAnswered >= timed.command else { return }
        queue.noteTargetLatency(nanoseconds: (lastByte - timed.sent).nanoseconds)
        self.timed = nil
    }

    private func end(_ failure: LaneFailure) {
        guard !hasEnded else { return }
        close()
        failed(failure)
    }
}

/// A lane seen from elsewhere.
struct LaneHandle: Sendable {
    private let lane: NIOLoopBound<Lane>
    private let loop: any EventLoop
    private let connections: [RedisConnection]

    /// Opens both connections on one event loop and starts taking keys from the queue.
    static func open(
        number: Int,
        queue: KeyTransferQueue,
        endpoints: MigrationEndpoints,
        name: TenantConnectionName,
        expiryQuery: ExpiryQuery,
        bigValueBytes: Int? = nil,
        loop: any EventLoop,
        failed: @escaping @Sendable (LaneFailure) -> Void
    ) async throws(RedisClientError) -> LaneHandle {
        let source = try await RedisConnection.connect(to: endpoints.source, named: name, on: loop)
        let target: RedisConnection
        do {
            target = try await RedisConnection.connect(to: endpoints.target, named: name, on: loop)
        } catch {
            await source.close()
            throw error
        }
        let made = loop.submit {
            let lane = Lane(
                number: number,
                queue: queue,
                expiryQuery: expiryQuery,
                bigValueBytes: bigValueBytes,
                endpoints: endpoints,
                failed: failed
            )
            return NIOLoopBound(lane, eventLoop: loop)
        }
        guard let lane = try? await made.get() else {
            throw .disconnected(server: endpoints.source.description, reason: "the event loop has ended")
        }
        let handle = LaneHandle(lane: lane, loop: loop, connections: [source, target])
        do throws(RedisClientError) {
            try await source.takeOver { channel in
                lane.value.attach(source: channel)
                return LaneHandler(lane.value, isSource: true)
            }
            try await target.takeOver { channel in
                lane.value.attach(target: channel)
                return LaneHandler(lane.value, isSource: false)
            }
        } catch {
            await handle.close()
            throw error
        }
        queue.connect(lane: number) { handle.pump() }
        handle.pump()
        return handle
    }

    func pump() {
        let lane = lane
        loop.execute { lane.value.pump() }
    }

    func close() async {
        let lane = lane
        let loop = loop
        let drained = loop.flatSubmit {
            lane.value.close()
            return lane.value.drained ?? loop.makeSucceededVoidFuture()
        }
        _ = try? await drained.get()
        for connection in connections { await connection.close() }
    }
}

/// One of a lane's two connections.
private final class LaneHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let lane: Lane
    private let isSource: Bool

    init(_ lane: Lane, isSource: Bool) {
        self.lane = lane
        self.isSource = isSource
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if isSource { lane.sourceRead(bytes) } else { lane.targetRead(bytes) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !isSource { lane.targetWritabilityChanged(context.channel.isWritable) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) { lane.closed(isSource: isSource) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { lane.closed(isSource: isSource) }
}

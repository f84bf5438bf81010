import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// The feed's connection after PSYNC: throws the RDB away, reads the stream as fast as it comes, and acknowledges.
///
/// It acknowledges offset 0, so that the tool never counts as a durable copy in the source's WAIT; see `ShutdownWatch` for
/// the one time when it does not. The first
/// acknowledgement must come after the source has put a diskless replica online, which it does some time after the
/// last byte of the RDB (replication.c, replicaPutOnline), so it is repeated until the stream begins.
final class ReplicationHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let firstAcknowledgements = TimeAmount.milliseconds(100)
    private static let acknowledgements = TimeAmount.seconds(1)

    struct Settings: Sendable {
        let shard: ShardID
        let server: String
        /// A server ends a replica that it has not heard of for its repl-timeout.
        let pulse: ConnectionPulse
        let prefix: ByteString
        /// Those to follow; nil for all of them.
        let databases: [Int]?
        let watched: WatchedKeys?
        let known: KnownCommands
        /// Where the stream continues, if it does.
        let start: FeedPosition
        /// The server wants to know how far the feed has read, for WAIT or because it shuts down.
        let askedForOffset: @Sendable () -> Void
    }

    private let settings: Settings
    private let sink: any ChangeSink
    private let progress: ReplicationProgress
    private let answered: EventLoopPromise<ReplicationPreamble.Answer>
    private var preamble = ReplicationPreamble()
    private var stream: ReplicationStream
    private var replicationID: String
    private var timer: RepeatedTask?
    private var sawStream = false
    private var ended = false

    init(
        settings: Settings,
        sink: any ChangeSink,
        progress: ReplicationProgress,
        answered: EventLoopPromise<ReplicationPreamble.Answer>
    ) {
        self.settings = settings
        self.sink = sink
        self.progress = progress
        self.answered = answered
        replicationID = settings.start.replicationID
        stream = ReplicationStream(
            prefix: settings.prefix,
            databases: settings.databases,
            database: settings.start.database,
            offset: settings.start.offset,
            watched: settings.watched,
            known: settings.known
        )
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            do {
                try read(bytes, context)
            } catch {
                end("it sent something that is no replication stream", context)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end("the server closed the connection", context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(RedisBootstrap.reason(error), context)
    }

    private func read(_ bytes: UnsafeRawBufferPointer, _ context: ChannelHandlerContext) throws(RESPError) {
        var rest = bytes
        if !preamble.isInStream {
            let used = try preamble.consume(bytes)
            rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
            guard preamble.isInStream else { return }
            beginStream(context)
        }
        guard !rest.isEmpty, !ended else { return }
        try readStream(rest, context)
    }

    private func beginStream(_ context: ChannelHandlerContext) {
        switch preamble.answer {
        case .continued(let id):
            replicationID = id ?? replicationID
        case .full(let id, let offset):
            replicationID = id
            stream = ReplicationStream(
                prefix: settings.prefix,
                databases: settings.databases,
                database: 0,
                offset: offset,
                watched: settings.watched,
                known: settings.known
            )
        case .refused, nil:
            break
        }
        progress.reached(position, offset: stream.offset)
        if let answer = preamble.answer { answered.succeed(answer) }
        acknowledge(every: Self.firstAcknowledgements, context)
    }

    private func readStream(_ bytes: UnsafeRawBufferPointer, _ context: ChannelHandlerContext) throws(RESPError) {
        if !sawStream {
            sawStream = true
            acknowledge(every: min(Self.acknowledgements, settings.pulse.interval), context)
        }
        var touches = Touches()
        try stream.consume(bytes, into: &touches)
        if stream.ackRequested {
            stream.ackRequested = false
            sendAcknowledgement(context)
            settings.askedForOffset()
        }
        // Said before the offset is shown: who sees the offset may rely on the touches being known.
        sink.changed(shard: settings.shard, touches, position: position)
        progress.reached(position, offset: stream.offset)
        if !stream.published.isEmpty {
            progress.sawPublished(stream.published)
            stream.published = []
        }
    }

    private var position: FeedPosition {
        FeedPosition(replicationID: replicationID, offset: stream.boundary, database: stream.database)
    }

    private func acknowledge(every interval: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in
            let (handler, context) = bound.value
            handler.sendAcknowledgement(context)
        }
    }

    private func sendAcknowledgement(_ context: ChannelHandlerContext) {
        let command = RedisCommand("REPLCONF", "ACK", "0")
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: command.encoded)), promise: nil)
    }

    private func end(_ reason: String, _ context: ChannelHandlerContext) {
        guard !ended else { return }
        ended = true
        timer?.cancel()
        answered.fail(RedisClientError.disconnected(server: settings.server, reason: reason))
        if !progress.isDetached.load(ordering: .acquiring) { sink.lost(shard: settings.shard, reason: reason) }
        context.close(promise: nil)
    }
}

/// What the handler, on its event loop, shows to everybody else.
final class ReplicationProgress: Sendable {
    let offset = Atomic<Int>(0)
    /// The feed was given up on purpose: the end of its connection is no news.
    let isDetached = Atomic<Bool>(false)
    private let boundary = Mutex<FeedPosition?>(nil)
    private let published = Mutex<Set<ByteString>>([])
    private let marker: ByteString

    init(marker: ByteString) {
        self.marker = marker
    }

    /// The end of the last whole command, where a stream can be taken up again.
    var position: FeedPosition? { boundary.withLock { $0 } }

    func reached(_ position: FeedPosition, offset: Int) {
        boundary.withLock { $0 = position }
        self.offset.store(offset, ordering: .releasing)
    }

    func sawPublished(_ channels: [ByteString]) {
        guard channels.contains(marker) else { return }
        published.withLock { _ = $0.insert(marker) }
    }

    var sawMarker: Bool { published.withLock { !$0.isEmpty } }
}

import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// The connection that has subscribed: reads as fast as notifications come, so that the server's output buffer for it
/// never fills, and asks again and again whether the server is still there.
///
/// Confined to its event loop.
final class NotificationHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Settings: Sendable {
        let shard: ShardID
        let server: String
        let scope: TenantScope
        /// Those to follow; nil for all of them.
        let databases: [Int]?
        /// Of PSUBSCRIBE.
        let patterns: Int
        let pulse: NotificationPulse
    }

    private let settings: Settings
    private let sink: any ChangeSink
    private let progress: NotificationProgress
    private let groups: ConsumerGroups
    private let subscribed: EventLoopPromise<Void>
    private var reader: NotificationReader
    private var missingPatterns: Int
    private var context: ChannelHandlerContext?
    private var sent = 0
    private var heard = NIODeadline.now()
    private var timer: RepeatedTask?
    private var ended = false

    init(
        settings: Settings,
        sink: any ChangeSink,
        progress: NotificationProgress,
        groups: ConsumerGroups,
        subscribed: EventLoopPromise<Void>
    ) {
        self.settings = settings
        self.sink = sink
        self.progress = progress
        self.groups = groups
        self.subscribed = subscribed
        reader = NotificationReader(scope: settings.scope, databases: settings.databases)
        missingPatterns = settings.patterns
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        heard = .now()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let interval = settings.pulse.interval
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.checkLife()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard = .now()
        let bytes = unwrapInboundIn(data)
        do {
            let groups = groups
            let outputs = try bytes.withUnsafeReadableBytes { (bytes) throws(RESPError) in
                try reader.consume(bytes) { groups.saw($0) }
            }
            for output in outputs { take(output) }
        } catch {
            end("it sent something that is no notification")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end("the server closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(RedisBootstrap.reason(error))
    }

    /// Asks the server how far it is and returns the number that the answer will carry.
    func mark() -> Int? {
        guard !ended, let context else { return nil }
        sent += 1
        let command = RedisCommand("PING", ByteString(sent))
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: command.encoded)), promise: nil)
        return sent
    }

    /// Says what no notification tells.
    func report(_ change: SilentChange) {
        guard !ended else { return }
        var touches = Touches()
        switch change {
        case .cleared(let command): touches.clearings = [clearing(command)]
        case .allDoubted(let command): touches.clearings = [clearing(command, isDoubt: true)]
        case .doubted(let command, let names):
            let command = Array(command.utf8)
            for name in names {
                name.key.bytes.withUnsafeBytes {
                    touches.append(
                        $0,
                        database: name.database,
                        offset: reader.marker,
                        command: command,
                        origin: .doubt
                    )
                }
            }
        }
        sink.changed(shard: settings.shard, touches, position: position)
    }

    private func clearing(_ command: String, isDoubt: Bool = false) -> Touches.Clearing {
        Touches.Clearing(
            database: Touches.allDatabases,
            offset: reader.marker,
            command: Array(command.utf8),
            isDoubt: isDoubt
        )
    }

    func end(_ reason: String) {
        guard !ended else { return }
        ended = true
        timer?.cancel()
        subscribed.fail(RedisClientError.disconnected(server: settings.server, reason: reason))
        if !progress.isDetached.load(ordering: .acquiring) { sink.lost(shard: settings.shard, reason: reason) }
        context?.close(promise: nil)
        context = nil
    }

    private func take(_ output: NotificationReader.Output) {
        switch output {
        case .touched(let touches):
            sink.changed(shard: settings.shard, touches, position: position)
        case .marker(let number):
            // Said before the offset is shown: who sees the offset may rely on the touches being known.
            sink.changed(shard: settings.shard, Touches(), position: FeedPosition(notificationMarker: number))
            progress.offset.store(number, ordering: .releasing)
        case .subscribed:
            missingPatterns -= 1
            if missingPatterns == 0 { subscribed.succeed(()) }
        case .refused(let line):
            subscribed.fail(RedisClientError.refused(server: settings.server, command: "PSUBSCRIBE", reply: line))
            end("it refused: \(line)")
        }
    }

    /// What has been told for certain: all up to the newest marker that was shown.
    private var position: FeedPosition {
        FeedPosition(notificationMarker: progress.offset.load(ordering: .relaxed))
    }

    private func checkLife() {
        guard NIODeadline.now() - heard < settings.pulse.patience else {
            end("it has said nothing for \(settings.pulse.patience.nanoseconds / 1_000_000_000) s")
            return
        }
        _ = mark()
    }
}

/// How a dead connection is told from a silent one.
package struct NotificationPulse: Sendable {
    /// Between two PINGs.
    package var interval = TimeAmount.seconds(3)
    /// A connection that says nothing for so long, not even an answer to PING, is a dead one.
    package var patience = TimeAmount.seconds(15)

    package init(interval: TimeAmount = .seconds(3), patience: TimeAmount = .seconds(15)) {
        self.interval = interval
        self.patience = patience
    }
}

/// What the handler, on its event loop, shows to everybody else.
final class NotificationProgress: Sendable {
    /// The newest marker whose answer has come.
    let offset = Atomic<Int>(0)
    /// The feed was given up on purpose: the end of its connection is no news.
    let isDetached = Atomic<Bool>(false)
}

extension FeedPosition {
    /// It cannot be taken up again: notifications that nobody listened to are gone.
    init(notificationMarker: Int) {
        self.init(replicationID: FeedKind.notifications.rawValue, offset: notificationMarker, database: 0)
    }

    var isContinuable: Bool { replicationID != FeedKind.notifications.rawValue }
}

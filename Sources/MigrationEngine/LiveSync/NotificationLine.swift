import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// A subscription to the notifications of a tenant's keys.
final class NotificationLine: Sendable {
    private let connection: RedisConnection
    private let handler: NIOLoopBound<NotificationHandler>
    private let loop: any EventLoop
    private let progress: NotificationProgress

    /// Returns once the server has confirmed every pattern.
    ///
    /// - Parameter channel: One to be seen at by others; a user that may not listen to it does without.
    static func open(
        to endpoint: RedisEndpoint,
        scope: TenantScope,
        databases: [Int]?,
        shard: ShardID = .standalone,
        channel: ByteString? = nil,
        pulse: NotificationPulse = NotificationPulse(),
        loop: any EventLoop,
        sink: any ChangeSink,
        groups: ConsumerGroups = ConsumerGroups()
    ) async throws -> NotificationLine {
        let patterns = scope.channelPatterns(databases: databases)
        let connection = try await RedisConnection.connect(to: endpoint, on: loop)
        // Nobody publishes there, so that this is still one command and one reply.
        if let channel { _ = try await connection.pipeline([RedisCommand("SUBSCRIBE", channel)]) }
        let (promise, progress) = (loop.makePromise(of: Void.self), NotificationProgress())
        let settings = NotificationHandler.Settings(
            shard: shard,
            server: endpoint.description,
            scope: scope,
            databases: databases,
            patterns: patterns.count,
            pulse: pulse
        )
        let made = Mutex<NIOLoopBound<NotificationHandler>?>(nil)
        try await connection.takeOver { channel in
            let handler = NotificationHandler(
                settings: settings,
                sink: sink,
                progress: progress,
                groups: groups,
                subscribed: promise
            )
            made.withLock { $0 = NIOLoopBound(handler, eventLoop: channel.eventLoop) }
            return handler
        }
        guard let handler = made.withLock({ $0 }) else { throw ChannelError.ioOnClosedChannel }
        let line = NotificationLine(connection, handler, loop, progress)
        do {
            try await connection.send(RedisCommand(["PSUBSCRIBE"] + patterns))
            try await promise.futureResult.get()
        } catch {
            await line.close()
            throw error
        }
        return line
    }

    private init(
        _ connection: RedisConnection,
        _ handler: NIOLoopBound<NotificationHandler>,
        _ loop: any EventLoop,
        _ progress: NotificationProgress
    ) {
        self.connection = connection
        self.handler = handler
        self.loop = loop
        self.progress = progress
    }

    /// The newest marker whose answer has come.
    var offset: Int { progress.offset.load(ordering: .acquiring) }

    /// Everything that the server has executed before this call has been told once `offset` is this number. Nil where
    /// the connection is gone.
    func mark() async -> Int? {
        try? await loop.submit { [handler] in handler.value.mark() }.get()
    }

    func report(_ change: SilentChange) async {
        try? await loop.submit { [handler] in handler.value.report(change) }.get()
    }

    /// Ends as a connection that broke does: the sink is told.
    func end(_ reason: String) async {
        try? await loop.submit { [handler] in handler.value.end(reason) }.get()
    }

    func close() async {
        progress.isDetached.store(true, ordering: .releasing)
        await connection.close()
    }
}

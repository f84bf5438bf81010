import NIOCore
import RESP
import Synchronization

/// Pairs each request with its replies, which a server sends in the order of the commands.
final class ReplyHandler: ChannelDuplexHandler, RemovableChannelHandler {
    struct Request: Sendable {
        let bytes: ByteBuffer
        let count: Int
        /// The first command's name, for messages.
        let name: String
        let timeout: TimeAmount
        let promise: EventLoopPromise<[RESPValue]>
    }

    /// Why the connection ended, for requests that come too late for the handler to see.
    final class Ending: Sendable {
        private let value = Mutex<RedisClientError?>(nil)

        var reason: RedisClientError? { value.withLock { $0 } }

        fileprivate func set(_ error: RedisClientError) { value.withLock { $0 = error } }
    }

    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Request
    typealias OutboundOut = ByteBuffer

    private struct Waiting {
        let request: Request
        var replies: [RESPValue] = []
    }

    private let server: String
    private let ending: Ending
    private var decoder = RESPDecoder()
    private var waiting = CircularBuffer<Waiting>()
    private var timer: Scheduled<Void>?
    private var failure: RedisClientError?

    init(server: String, ending: Ending) {
        self.server = server
        self.ending = ending
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let request = unwrapOutboundIn(data)
        if let failure {
            request.promise.fail(failure)
            return
        }
        waiting.append(Waiting(request: request))
        context.write(wrapOutboundOut(request.bytes), promise: promise)
        if waiting.count == 1 { startTimer(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { decoder.append($0) }
        do {
            while let reply = try decoder.next() { received(reply) }
        } catch {
            fail(.notRESP(server: server), context)
        }
        startTimer(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.disconnected(server: server, reason: "the server closed the connection"), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.disconnected(server: server, reason: RedisBootstrap.reason(error)), context)
    }

    private func received(_ reply: RESPValue) {
        // RESP3 pushes (invalidations, subscriptions) answer nothing that was asked here.
        if case .push = reply { return }
        guard !waiting.isEmpty else { return }
        waiting[waiting.startIndex].replies.append(reply)
        let first = waiting[waiting.startIndex]
        guard first.replies.count == first.request.count else { return }
        waiting.removeFirst()
        first.request.promise.succeed(first.replies)
    }

    /// Every byte that comes gives the server its full time again: a long pipeline is not a silent server.
    private func startTimer(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        guard let first = waiting.first else { return }
        let name = first.request.name
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: first.request.timeout) {
            self.fail(.timedOut(server: self.server, command: name), context)
        }
    }

    /// After any failure the order of replies is unknown, so the connection ends.
    private func fail(_ error: RedisClientError, _ context: ChannelHandlerContext) {
        guard failure == nil else { return }
        failure = error
        ending.set(error)
        timer?.cancel()
        for entry in waiting { entry.request.promise.fail(error) }
        waiting.removeAll()
        context.close(promise: nil)
    }
}

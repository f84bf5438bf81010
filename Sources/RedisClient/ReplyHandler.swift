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
        /// Fulfilled with the bytes of all replies, one after another.
        let promise: EventLoopPromise<ByteBuffer>
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
        var skipper: RESPSkipper
    }

    private let server: String
    private let ending: Ending
    private var input = ByteBuffer()
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
        waiting.append(Waiting(request: request, skipper: RESPSkipper(replies: request.count)))
        context.write(wrapOutboundOut(request.bytes), promise: promise)
        if waiting.count == 1 { startTimer(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        do {
            while !waiting.isEmpty, let end = try endOfReplies() {
                let replies = input.readSlice(length: end) ?? ByteBuffer()
                waiting.removeFirst().request.promise.succeed(replies)
            }
            if waiting.isEmpty { try passOverUnasked() }
        } catch {
            fail(.notRESP(server: server), context)
        }
        startTimer(context)
    }

    /// A push is of no interest here. An error that comes unasked (`max number of clients reached`) is kept as the
    /// answer to the first request.
    private func passOverUnasked() throws(RESPError) {
        guard let first = input.getInteger(at: input.readerIndex, as: UInt8.self) else { return }
        switch RESPHeader.Kind(rawValue: first) {
        case .push: input = ByteBuffer()
        case .some: return
        case nil: throw .unknownType(first)
        }
    }

    private func endOfReplies() throws(RESPError) -> Int? {
        var skipper = waiting[waiting.startIndex].skipper
        defer { waiting[waiting.startIndex].skipper = skipper }
        let view = input
        return try view.withUnsafeReadableBytes { (bytes) throws(RESPError) in try skipper.end(in: bytes) }
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

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
        /// Nil for a question of the handler's own, whose answer nobody waits for.
        let timeout: TimeAmount?
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

    private static let ping = ByteBuffer(string: "*1\r\n$4\r\nPING\r\n")

    private let server: String
    private let pulse: ConnectionPulse
    private let ending: Ending
    private let tls: TLSSettings?
    private var input = ByteBuffer()
    private var waiting = CircularBuffer<Waiting>()
    private var timer: Scheduled<Void>?
    private var failure: RedisClientError?
    /// Nothing has been answered yet.
    private var isNew = true
    private var isLeaving = false

    init(server: String, pulse: ConnectionPulse, ending: Ending, tls: TLSSettings? = nil) {
        self.server = server
        self.pulse = pulse
        self.ending = ending
        self.tls = tls
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let request = unwrapOutboundIn(data)
        if let failure {
            request.promise.fail(failure)
            return
        }
        waiting.append(Waiting(request: request, skipper: RESPSkipper(replies: request.count)))
        context.write(wrapOutboundOut(request.bytes), promise: promise)
        if waiting.count(where: { $0.request.timeout != nil }) == 1 { startTimer(context) }
    }

    /// Asks nothing more by itself; completed when all that was asked is answered, so that another handler can follow.
    func settle(on loop: any EventLoop) -> EventLoopFuture<Void> {
        isLeaving = true
        timer?.cancel()
        return waiting.last?.request.promise.futureResult.map { _ in } ?? loop.makeSucceededVoidFuture()
    }

    func channelActive(context: ChannelHandlerContext) {
        startTimer(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        if isNew, let line = lastWords, RedisClientError.isOfTheConnection(line) {
            fail(.refusedConnection(server: server, reply: line), context)
            return
        }
        do {
            while !waiting.isEmpty, let end = try endOfReplies() {
                let replies = input.readSlice(length: end) ?? ByteBuffer()
                waiting.removeFirst().request.promise.succeed(replies)
                isNew = false
            }
            if waiting.isEmpty { try passOverUnasked() }
        } catch {
            fail(isAlert ? .tls(server: server, .portSpeaksTLS) : .notRESP(server: server), context)
        }
        startTimer(context)
    }

    /// A server that speaks TLS answers the first plain bytes so.
    private var isAlert: Bool {
        isNew && tls == nil && input.getInteger(at: input.readerIndex, as: UInt8.self) == TLSFault.alertByte
    }

    /// A push is of no interest here. An error that comes unasked is kept: the server says why it closes.
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
        fail(lost("the server closed the connection"), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Under TLS 1.3 a server judges a client's certificate when this side is through with the handshake.
        if isNew, let tls, let fault = TLSFault(error, tls, host: server) {
            fail(.tls(server: server, fault), context)
            return
        }
        fail(lost(RedisBootstrap.reason(error)), context)
    }

    /// With what was asked last, and what the server said last.
    private func lost(_ reason: String) -> RedisClientError {
        if isNew, waiting.isEmpty, let lastWords { return .refusedConnection(server: server, reply: lastWords) }
        let asked = waiting.first { $0.request.timeout != nil }.map { " while it was asked \($0.request.name)" } ?? ""
        let said = lastWords.map { ": \($0)" } ?? ""
        return .disconnected(server: server, reason: reason + asked + said)
    }

    /// The error line that the server has sent and that answers nothing.
    private var lastWords: String? {
        guard input.readableBytes > 0 else { return nil }
        let view = input
        return view.withUnsafeReadableBytes { bytes in
            guard let header = try? RESPHeader.parse(bytes, at: 0), header.kind == .error else { return nil }
            return String(decoding: bytes[header.textStart..<(header.end - 2)], as: UTF8.self)
        }
    }

    /// Every byte that comes gives the server its full time again: a long pipeline is not a silent server.
    private func startTimer(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        guard failure == nil, !isLeaving else { return }
        for entry in waiting {
            guard let timeout = entry.request.timeout else { continue }
            let name = entry.request.name
            timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
                self.fail(.timedOut(server: self.server, command: name), context)
            }
            return
        }
        // An unanswered question of the handler's own is enough.
        guard waiting.isEmpty, context.channel.isActive else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: pulse.interval) { self.askForLife(context) }
    }

    /// Whatever is answered, also that it may not be asked, the server has heard something.
    private func askForLife(_ context: ChannelHandlerContext) {
        let promise = context.eventLoop.makePromise(of: ByteBuffer.self)
        let request = Request(bytes: Self.ping, count: 1, name: "PING", timeout: nil, promise: promise)
        waiting.append(Waiting(request: request, skipper: RESPSkipper(replies: 1)))
        context.writeAndFlush(wrapOutboundOut(request.bytes), promise: nil)
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

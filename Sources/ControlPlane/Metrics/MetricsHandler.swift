import NIOCore
import NIOHTTP1

/// One client, whose requests come one after the other.
final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// A request that has a body is answered as if it had none, as long as it is a small one.
    static let mostBody = 16 << 10

    private let service: any MetricsService
    private let patience: TimeAmount
    private var request: HTTPRequestHead?
    private var bodyBytes = 0
    private var isAnswering = false
    private var deadline: Scheduled<Void>?

    init(service: any MetricsService, patience: TimeAmount) {
        self.service = service
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) { restartDeadline(context) }
    func channelInactive(context: ChannelHandlerContext) { deadline?.cancel() }

    private func restartDeadline(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (request, bodyBytes) = (head, 0)
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > Self.mostBody { context.close(promise: nil) }
        case .end:
            guard let request else { return }
            self.request = nil
            restartDeadline(context)
            answer(request, context)
        }
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        isAnswering = true
        let service = service
        let promise = context.eventLoop.makePromise(of: MetricsAnswer.self)
        promise.completeWithTask { await .to(request.method.rawValue, request.uri, by: service) }
        promise.futureResult.assumeIsolated().whenSuccess { answer in
            self.isAnswering = false
            guard context.channel.isActive else { return }
            self.write(answer, to: request, context)
            self.restartDeadline(context)
        }
    }

    private func write(_ answer: MetricsAnswer, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let body = ByteBuffer(string: answer.body)
        var headers = HTTPHeaders([("Content-Type", answer.type), ("Content-Length", "\(body.readableBytes)")])
        if let allow = answer.allow { headers.add(name: "Allow", value: allow) }
        if !request.isKeepAlive { headers.add(name: "Connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: answer.status)
        let head = HTTPResponseHead(version: request.version, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        let channel = context.channel
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !request.isKeepAlive { written.whenComplete { _ in channel.close(promise: nil) } }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed, is ControlServerHandler.Closing:
            if !isAnswering { context.close(promise: nil) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// What is no HTTP was answered as such before it comes here.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

import MigrationCore
import NIOCore

/// One client: reads its line, has it answered, writes the answer and closes.
final class ControlServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The server closes: whoever has asked nothing yet is sent away.
    struct Closing: Sendable {}

    /// A client that connects and says nothing is not kept for ever.
    static let patience = TimeAmount.seconds(30)

    private let service: any ControlService
    private var request = ControlLine.Collector(maximum: ControlLine.maximumRequest)
    private var hasAsked = false
    private var deadline: Scheduled<Void>?

    init(service: any ControlService) {
        self.service = service
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAsked else { return }
        switch request.take(unwrapInboundIn(data)) {
        case .more: break
        case .line(let line): ask(line, on: context.channel)
        case .tooLong:
            hasAsked = true
            let limit = ControlLine.maximumRequest
            Self.reply(.failure(Self.notUnderstood("it is longer than \(limit) bytes")), on: context.channel)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed, is Closing:
            if !hasAsked { context.close(promise: nil) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// A connection that breaks is the client's affair alone.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func ask(_ line: ByteBuffer, on channel: any Channel) {
        hasAsked = true
        deadline?.cancel()
        guard let request = ControlLine.decode(ControlRequest.self, from: line) else {
            Self.reply(.failure(Self.notUnderstood("it is no request of this version")), on: channel)
            return
        }
        Self.answer(request, by: service, on: channel)
    }

    /// A task of its own: it goes on when the client leaves.
    private static func answer(_ request: ControlRequest, by service: any ControlService, on channel: any Channel) {
        Task {
            let answer = await service.answer(request)
            reply(answer, on: channel)
        }
    }

    private static func reply(_ reply: ControlReply, on channel: any Channel) {
        do {
            channel.writeAndFlush(try ControlLine.encode(reply)).whenComplete { _ in channel.close(promise: nil) }
        } catch {
            // A number that is not finite: the client sees the connection end without an answer.
            channel.close(promise: nil)
        }
    }

    private static func notUnderstood(_ reason: String) -> MigrationFailure {
        MigrationFailure(.failed, "the worker did not understand the request: \(reason)")
    }
}

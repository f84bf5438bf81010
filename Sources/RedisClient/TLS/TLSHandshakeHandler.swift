import NIOCore
import NIOTLS

/// Tells when both sides have agreed, or why they have not. What goes wrong before that is told to nobody else.
final class TLSHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let agreed: EventLoopPromise<Void>
    private var isOver = false

    init(_ agreed: EventLoopPromise<Void>) {
        self.agreed = agreed
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            isOver = true
            agreed.succeed()
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isOver { context.fireErrorCaught(error) } else { agreed.fail(error) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        agreed.fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        agreed.fail(ChannelError.eof)
    }
}

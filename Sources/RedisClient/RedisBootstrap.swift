import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// Opens the TCP connection that everything else is layered upon. A TLS handler would be the first handler added here.
package enum RedisBootstrap {

    package static func connect(
        to endpoint: RedisEndpoint,
        on group: any EventLoopGroup,
        timeout: TimeAmount,
        initialize: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(RedisClientError) -> any Channel {
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(timeout)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16 * 1024, maximum: 256 * 1024)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try initialize(channel) }
            }
        do {
            return try await bootstrap.connect(host: endpoint.host, port: endpoint.port).get()
        } catch {
            throw .unreachable(server: endpoint.description, reason: reason(error))
        }
    }

    /// A few words for what the socket layer said.
    package static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError: reason(error)
        case ChannelError.connectTimeout: "no answer to the connection attempt"
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, ChannelError.eof: "the connection was closed"
        default: "\(error)"
        }
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first { return reason(first.error) }
        return error.dnsAError != nil || error.dnsAAAAError != nil ? "the host name is unknown" : "no address answered"
    }
}

import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#endif

/// Opens the connection that everything else is layered upon: TCP, and TLS over it where the endpoint asks for it.
package enum RedisBootstrap {

    /// - Parameter timeout: For all of it, the handshake too.
    package static func connect(
        to endpoint: RedisEndpoint,
        on group: any EventLoopGroup,
        timeout: TimeAmount,
        initialize: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(RedisClientError) -> any Channel {
        if let tls = endpoint.tls {
            let connector = TLSConnector(endpoint: endpoint, tls: tls, group: group, deadline: .now() + timeout)
            return try await connector.connect(initialize)
        }
        return try await open(endpoint, on: group, timeout: timeout, initialize)
    }

    static func open(
        _ endpoint: RedisEndpoint,
        on group: any EventLoopGroup,
        timeout: TimeAmount,
        _ initialize: @escaping @Sendable (any Channel) throws -> Void
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
        // A server that dies says no farewell, with TLS as without.
        case NIOSSLError.uncleanShutdown: "the server closed the connection"
        default: "\(error)"
        }
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first { return reason(first.error) }
        return error.dnsAError != nil || error.dnsAAAAError != nil ? "the host name is unknown" : "no address answered"
    }
}

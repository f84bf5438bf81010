import MigrationCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers `/metrics` and `/healthz` over HTTP/1.1. Whoever asks is bounded: in connections, in bytes and in time.
package final class MetricsServer: Sendable {
    static let mostConnections = 32

    /// Where it listens, with the port that was bound.
    package let address: ListenAddress
    private let listener: any Channel
    private let clients: ControlClients

    private init(address: ListenAddress, listener: any Channel, clients: ControlClients) {
        self.address = address
        self.listener = listener
        self.clients = clients
    }

    /// - Parameter patience: For a whole request from its first byte or from the last answer, however slowly it comes;
    ///   and for an answer to be taken.
    /// - Throws: `configuration` where the address is another's or not this machine's.
    package static func start(
        at address: ListenAddress,
        service: any MetricsService,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        patience: TimeAmount = .seconds(10)
    ) async throws(MigrationFailure) -> MetricsServer {
        let clients = ControlClients()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard clients.add(channel, most: mostConnections) else { throw ChannelError.operationUnsupported }
                    try configure(channel.pipeline.syncOperations, MetricsHandler(service: service, patience: patience))
                }
            }
        do {
            let listener = try await bootstrap.bind(host: address.host, port: address.port).get()
            let port = listener.localAddress?.port ?? address.port
            let bound = ListenAddress(host: address.host, port: port)
            return MetricsServer(address: bound, listener: listener, clients: clients)
        } catch {
            let isUnknown = error is SocketAddressError || error is SocketAddressError.UnknownHost
            let reason = isUnknown ? "the host is unknown" : systemReason(error)
            let message = "--metrics-listen cannot listen at \(address): \(reason); give another address or port"
            throw MigrationFailure(.configuration, message)
        }
    }

    /// Whether it could be started there now.
    package static func check(_ address: ListenAddress) async throws(MigrationFailure) {
        await (try start(at: address, service: Nobody())).close()
    }

    private static func configure(
        _ pipeline: ChannelPipeline.SynchronousOperations,
        _ handler: MetricsHandler
    ) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 8 << 10
        limits.maxHeaderListSize = 16 << 10
        limits.maxHeaderFieldCount = 64
        try pipeline.configureHTTPServerPipeline(
            withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
            withDecoderLimitConfiguration: limits
        )
        try pipeline.addHandler(handler)
    }

    /// Listens no more; what was asked for is still answered.
    package func close() async {
        try? await listener.close()
        await clients.drain(grace: ControlServer.grace)
    }
}

/// For a server that is only tried.
private struct Nobody: MetricsService {
    func metrics() -> String { "" }
    func ailment() -> String? { nil }
}

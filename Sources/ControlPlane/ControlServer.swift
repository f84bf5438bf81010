import Glibc
import MigrationCore
import NIOCore
import NIOPosix
import Synchronization

/// Listens on a migration's socket and hands each request to the service.
package final class ControlServer: Sendable {
    /// How long those who still wait for an answer are waited for when the server closes.
    static let grace = TimeAmount.seconds(5)

    private let path: String
    private let listener: any Channel
    private let clients: ControlClients

    private init(path: String, listener: any Channel, clients: ControlClients) {
        self.path = path
        self.listener = listener
        self.clients = clients
    }

    /// Binds the socket, for this user alone. What a worker that was killed has left in its place is removed, so the
    /// caller must hold the migration's lock.
    ///
    /// - Throws: `MigrationFailure` where the folder does not allow a socket.
    package static func start(
        socketPath: String,
        service: any ControlService,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(MigrationFailure) -> ControlServer {
        try await start(socketPath: socketPath, service: service, on: group) { $0 == geteuid() || $0 == 0 }
    }

    static func start(
        socketPath: String,
        service: any ControlService,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        allows: @escaping @Sendable (UInt32) -> Bool
    ) async throws(MigrationFailure) -> ControlServer {
        let clients = ControlClients()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                PeerCredentials.of(channel).flatMapThrowing { peer in
                    guard allows(peer.user) else { throw SystemError(code: EPERM) }
                    clients.add(channel)
                    try channel.pipeline.syncOperations.addHandler(ControlServerHandler(service: service))
                }
            }
        do {
            let path = try SocketPath(socketPath)
            unlink(path.usable)
            let listener = try await bootstrap.bind(unixDomainSocketPath: path.usable).get()
            // The folder is 0700, so nobody came in between.
            if chmod(path.usable, 0o600) != 0 {
                let error = SystemError(code: errno)
                try? await listener.close()
                throw error
            }
            return ControlServer(path: socketPath, listener: listener, clients: clients)
        } catch {
            throw failure(error, socketPath)
        }
    }

    private static func failure(_ error: any Error, _ socketPath: String) -> MigrationFailure {
        let code = (error as? SystemError)?.code ?? (error as? IOError)?.errnoCode
        let words = "cannot listen at \(socketPath): \(systemReason(error))"
        guard code == ENOSPC || code == EDQUOT else {
            return MigrationFailure(.configuration, "the worker \(words); check the journal's folder")
        }
        return MigrationFailure(.failed, "the journal's disk is full: the worker \(words); free some space there")
    }

    /// Listens no more, lets the requests that are still open be answered (for `grace` at most) and removes the socket.
    package func close() async {
        try? await listener.close()
        if let path = try? SocketPath(path) { unlink(path.usable) }
        await clients.drain(grace: Self.grace)
    }
}

/// The connections that are open now.
final class ControlClients: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    /// Refuses where `most` are open already.
    @discardableResult
    func add(_ channel: any Channel, most: Int = .max) -> Bool {
        let hasRoom = channels.withLock { channels in
            guard channels.count < most else { return false }
            channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard hasRoom else { return false }
        channel.closeFuture.whenComplete { [self] _ in
            _ = channels.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
        }
        return true
    }

    func drain(grace: TimeAmount) async {
        for channel in channels.withLock({ Array($0.values) }) {
            channel.pipeline.fireUserInboundEventTriggered(ControlServerHandler.Closing())
            let deadline = channel.eventLoop.scheduleTask(in: grace) { channel.close(promise: nil) }
            try? await channel.closeFuture.get()
            deadline.cancel()
        }
    }
}

/// `struct ucred` (unix(7)), which Glibc's Swift module does not show: who connected to a unix socket.
private struct PeerCredentials: Sendable {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0

    static func of(_ channel: any Channel) -> EventLoopFuture<PeerCredentials> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(SystemError(code: EOPNOTSUPP))
        }
        return provider.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    }
}

/// The words of the error that a system call left.
func systemReason(_ error: any Error) -> String {
    switch error {
    case let error as SystemError: error.reason
    case let error as IOError: String(cString: strerror(error.errnoCode))
    default: "\(error)"
    }
}

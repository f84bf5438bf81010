import NIOCore
import NIOSSL
import Synchronization

/// Opens one encrypted connection and waits for the handshake, so that what is wrong with it is told as what it is.
struct TLSConnector: Sendable {
    /// Of each try its handshake: a host may have several addresses.
    private final class Handshakes: Sendable {
        private let futures = Mutex<[ObjectIdentifier: EventLoopPromise<Void>]>([:])

        func begin(_ channel: any Channel) -> EventLoopPromise<Void> {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            futures.withLock { $0[ObjectIdentifier(channel)] = promise }
            return promise
        }

        subscript(channel: any Channel) -> EventLoopPromise<Void>? {
            futures.withLock { $0[ObjectIdentifier(channel)] }
        }
    }

    let endpoint: RedisEndpoint
    let tls: TLSTransport
    let group: any EventLoopGroup
    let deadline: NIODeadline

    func connect(_ initialize: @escaping @Sendable (any Channel) throws -> Void) async throws(RedisClientError)
        -> any Channel
    {
        let context: NIOSSLContext
        let name = tls.serverName(endpoint.host)
        do throws(TLSFault) {
            context = try tls.context()
            // Once here, where an unfit name can be told.
            do { _ = try NIOSSLClientHandler(context: context, serverHostname: name) } catch { throw fault(of: error) }
        } catch {
            throw failure(error)
        }
        let handshakes = Handshakes()
        let channel = try await RedisBootstrap.open(endpoint, on: group, timeout: remaining) { channel in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
            try pipeline.addHandler(TLSHandshakeHandler(handshakes.begin(channel)))
            try initialize(channel)
        }
        guard let handshake = handshakes[channel] else { return channel }
        try await finish(handshake, channel)
        return channel
    }

    private func finish(_ handshake: EventLoopPromise<Void>, _ channel: any Channel) async throws(RedisClientError) {
        let timer = channel.eventLoop.scheduleTask(deadline: deadline) {
            handshake.fail(ChannelError.connectTimeout(.zero))
        }
        do {
            try await handshake.futureResult.get()
            timer.cancel()
        } catch {
            timer.cancel()
            channel.close(promise: nil)
            var fault = fault(of: error)
            if fault.kind == .server, !(error is NIOSSLExtraError) {
                let inspection = TLSInspection(endpoint: endpoint, tls: tls, group: group)
                if let seen = await inspection.verdict(timeout: remaining) { fault = seen }
            }
            throw failure(fault)
        }
    }

    /// At least so long that a second look at a certificate is possible.
    private var remaining: TimeAmount { max(deadline - .now(), .milliseconds(500)) }

    private func fault(of error: any Error) -> TLSFault {
        if let fault = TLSFault(error, tls.settings, host: endpoint.host) { return fault }
        if case ChannelError.connectTimeout = error { return .noTLS("it does not answer the handshake") }
        return .noTLS(RedisBootstrap.reason(error))
    }

    private func failure(_ fault: TLSFault) -> RedisClientError {
        var fault = fault
        fault.mayPass = endpoint.pulse.hasAnswered
        return .tls(server: endpoint.description, fault)
    }
}

import MigrationCore
import NIOCore
import RESP
import RedisClient

/// A connection that asks for nothing but keys' expiries and payloads, and keeps only their fingerprints.
struct FingerprintConnection: Sendable {
    let server: String
    private let channel: any Channel
    private let expiryRequest: [UInt8]

    /// - Parameter expiryCommand: `PEXPIRETIME`, or `PTTL` for a server that has no such command.
    static func connect(
        to endpoint: RedisEndpoint,
        on group: any EventLoopGroup,
        expiryCommand: String,
        timeout: TimeAmount
    ) async throws(RedisClientError) -> FingerprintConnection {
        let connection = try await RedisConnection.connect(to: endpoint, on: group, timeout: timeout)
        let server = connection.server
        do {
            let channel = try await connection.takeOver { _ in
                FingerprintHandler(
                    server: server,
                    expiryCommand: expiryCommand,
                    timeout: timeout,
                    pulse: endpoint.pulse
                )
            }
            return FingerprintConnection(server: server, channel: channel, expiryRequest: request(expiryCommand))
        } catch {
            await connection.close()
            throw error
        }
    }

    func select(_ database: Int) async throws(RedisClientError) {
        try await call(RedisCommand("SELECT", ByteString(database)))
    }

    /// Sends the batch at once; the future holds one fingerprint for each key, in order.
    func fingerprints(of keys: some Collection<ByteString>) -> EventLoopFuture<[DumpFingerprint]> {
        var bytes = channel.allocator.buffer(capacity: keys.reduce(0) { $0 + 2 * $1.count + 96 })
        for key in keys {
            let length = String(key.count)
            for request in [expiryRequest, Self.dumpRequest] {
                bytes.writeBytes(request)
                bytes.writeString(length)
                bytes.writeBytes(Self.lineEnd)
                bytes.writeBytes(key.bytes)
                bytes.writeBytes(Self.lineEnd)
            }
        }
        return submit(bytes, .fingerprints(keys.count))
    }

    func close() async {
        try? await channel.close()
    }

    /// The error that a future of this connection failed with.
    func clientError(_ error: any Error) -> RedisClientError {
        (error as? RedisClientError) ?? .disconnected(server: server, reason: RedisBootstrap.reason(error))
    }

    private func call(_ command: RedisCommand) async throws(RedisClientError) {
        do {
            _ = try await submit(ByteBuffer(bytes: command.encoded), .status(command: command.name)).get()
        } catch {
            await close()
            throw clientError(error)
        }
    }

    private func submit(
        _ bytes: ByteBuffer,
        _ answer: FingerprintHandler.Request.Answer
    ) -> EventLoopFuture<[DumpFingerprint]> {
        let promise = channel.eventLoop.makePromise(of: [DumpFingerprint].self)
        let request = FingerprintHandler.Request(bytes: bytes, answer: answer, promise: promise)
        // Once the channel is closed no handler sees the request any more, so the write's failure must answer it.
        channel.writeAndFlush(request).whenFailure { promise.fail($0) }
        return promise.futureResult
    }

    private static let lineEnd: [UInt8] = [0x0D, 0x0A]
    private static let dumpRequest = request("DUMP")

    /// A command of one argument, up to and including the `$` before the argument's length.
    private static func request(_ name: String) -> [UInt8] {
        Array("*2\r\n$\(name.utf8.count)\r\n\(name)\r\n$".utf8)
    }
}

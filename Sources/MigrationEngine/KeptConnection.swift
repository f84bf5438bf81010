import NIOCore
import RedisClient

/// A connection that stays open between two looks at a server: opened when it is asked for, opened anew where it broke or
/// where the server is another by now.
actor KeptConnection {
    private let endpoint: @Sendable () -> RedisEndpoint
    private let group: any EventLoopGroup
    private let timeout: TimeAmount
    private var connection: RedisConnection?
    private var isClosed = false

    /// - Parameter endpoint: Where the server is now: a source may fail over.
    init(
        to endpoint: @escaping @autoclosure @Sendable () -> RedisEndpoint,
        on group: any EventLoopGroup,
        timeout: TimeAmount = RedisConnection.defaultTimeout
    ) {
        self.endpoint = endpoint
        self.group = group
        self.timeout = timeout
    }

    func open() async throws(RedisClientError) -> RedisConnection {
        let endpoint = endpoint()
        if let connection, connection.server != endpoint.description { await drop() }
        if let connection { return connection }
        let opened = try await RedisConnection.connect(to: endpoint, on: group, timeout: timeout)
        // Another look was quicker, and uses its own.
        if let connection {
            await opened.close()
            return connection
        }
        connection = opened
        if isClosed { await drop() }
        return opened
    }

    /// It broke, or may have.
    func drop() async {
        let old = connection
        connection = nil
        await old?.close()
    }

    func close() async {
        isClosed = true
        await drop()
    }
}

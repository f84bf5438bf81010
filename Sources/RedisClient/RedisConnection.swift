import NIOCore
import NIOPosix
import RESP

/// One connection for control commands: replies as values, answered in the order asked. The copy path has its own
/// handlers and shares only the opening of the connection.
package final class RedisConnection: Sendable {
    package static let defaultTimeout = TimeAmount.seconds(10)

    package let server: String
    private let channel: any Channel
    private let timeout: TimeAmount
    private let ending: ReplyHandler.Ending

    private init(server: String, channel: any Channel, timeout: TimeAmount, ending: ReplyHandler.Ending) {
        self.server = server
        self.channel = channel
        self.timeout = timeout
        self.ending = ending
    }

    /// Connects and, where the endpoint has a password, logs in. What is read over the connection is no use of a key,
    /// where the server knows how to leave idle times and frequencies alone (`CLIENT NO-TOUCH`, Redis 7.2 and Valkey).
    ///
    /// - Parameter timeout: For the connection and then for each reply: how long the server may be silent.
    package static func connect(
        to endpoint: RedisEndpoint,
        on group: any EventLoopGroup,
        timeout: TimeAmount = RedisConnection.defaultTimeout
    ) async throws(RedisClientError) -> RedisConnection {
        let server = endpoint.description
        let login = try await endpoint.login()
        let ending = ReplyHandler.Ending()
        let channel = try await RedisBootstrap.connect(to: endpoint, on: group, timeout: timeout) { channel in
            try channel.pipeline.syncOperations.addHandler(
                ReplyHandler(server: server, pulse: endpoint.pulse, ending: ending, tls: endpoint.tls?.settings)
            )
        }
        let connection = RedisConnection(server: server, channel: channel, timeout: timeout, ending: ending)
        do {
            try await connection.begin(login)
        } catch {
            await connection.close()
            throw endpoint.explained(error)
        }
        endpoint.pulse.noteAnswer()
        return connection
    }

    /// Sends one command; an error reply is thrown as `.refused`.
    @discardableResult
    package func call(_ arguments: ByteString...) async throws(RedisClientError) -> RESPValue {
        try await call(RedisCommand(arguments))
    }

    @discardableResult
    package func call(_ command: RedisCommand) async throws(RedisClientError) -> RESPValue {
        let reply = try await pipeline([command])[0]
        if case .error(let line) = reply {
            throw .refused(server: server, command: command.name, reply: line)
        }
        return reply
    }

    /// Sends the commands at once; the replies come in the same order, error replies as `.error`.
    package func pipeline(_ commands: [RedisCommand]) async throws(RedisClientError) -> [RESPValue] {
        guard !commands.isEmpty else { return [] }
        return try values(in: try await reply(submit(commands).futureResult), count: commands.count)
    }

    private func values(in bytes: ByteBuffer, count: Int) throws(RedisClientError) -> [RESPValue] {
        var decoder = RESPDecoder()
        bytes.withUnsafeReadableBytes { decoder.append($0) }
        var values: [RESPValue] = []
        do {
            while let value = try decoder.next() {
                if case .push = value { continue }
                values.append(value)
            }
        } catch {
            throw .notRESP(server: server)
        }
        guard values.count == count else { throw .notRESP(server: server) }
        return values
    }

    /// Sends one command at once; the future holds the reply as it came over the wire, for those who read large ones
    /// in place.
    package func raw(_ command: RedisCommand) -> EventLoopFuture<ByteBuffer> {
        submit([command]).futureResult
    }

    /// The reply to `raw`, or why there is none.
    package func reply(_ future: EventLoopFuture<ByteBuffer>) async throws(RedisClientError) -> ByteBuffer {
        do {
            return try await future.get()
        } catch let error as RedisClientError {
            throw error
        } catch {
            throw .disconnected(server: server, reason: RedisBootstrap.reason(error))
        }
    }

    private func submit(_ commands: [RedisCommand]) -> EventLoopPromise<ByteBuffer> {
        var bytes: [UInt8] = []
        for command in commands { command.encode(into: &bytes) }
        let request = ReplyHandler.Request(
            bytes: ByteBuffer(bytes: bytes),
            count: commands.count,
            name: commands[0].name,
            timeout: timeout,
            promise: channel.eventLoop.makePromise(of: ByteBuffer.self)
        )
        // Once the channel is closed no handler sees the request any more, so the write's failure must answer it.
        channel.writeAndFlush(request).whenFailure { [ending] in request.promise.fail(ending.reason ?? $0) }
        return request.promise
    }

    package func close() async {
        try? await channel.close()
    }

    /// Ends the pairing of requests and replies and gives the logged-in connection to another handler. `make` runs on
    /// the connection's event loop. Nothing may be called on this object afterwards but `close`.
    @discardableResult
    package func takeOver(
        with make: @escaping @Sendable (any Channel) throws -> any ChannelHandler
    ) async throws(RedisClientError) -> any Channel {
        let channel = channel
        let future = channel.eventLoop.flatSubmit { () -> EventLoopFuture<Void> in
            do {
                let replies = try channel.pipeline.syncOperations.handler(type: ReplyHandler.self)
                return replies.settle(on: channel.eventLoop)
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }.flatMap { () -> EventLoopFuture<Void> in
            do {
                let pipeline = channel.pipeline.syncOperations
                let replies = try pipeline.context(handlerType: ReplyHandler.self)
                let removed = pipeline.removeHandler(context: replies)
                try pipeline.addHandler(make(channel))
                return removed
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }
        do {
            try await future.get()
        } catch let error as RedisClientError {
            throw error
        } catch {
            throw .disconnected(server: server, reason: RedisBootstrap.reason(error))
        }
        return channel
    }

    /// Sends a command whose replies the handler that took over reads.
    package func send(_ command: RedisCommand) async throws(RedisClientError) {
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: command.encoded))
        } catch {
            throw .disconnected(server: server, reason: RedisBootstrap.reason(error))
        }
    }

    /// Both commands at once, but a request each: a server that refuses the connection as a whole answers the first of
    /// them and closes it.
    private func begin(_ login: RedisCommand?) async throws(RedisClientError) {
        let commands = (login.map { [$0] } ?? []) + [.readingIsNoUse]
        let requests = commands.map { submit([$0]).futureResult }
        for (command, request) in zip(commands, requests) {
            guard case .error(let line) = try values(in: try await reply(request), count: 1)[0] else { continue }
            // A server that does not know it, or does not let this user, keeps counting reads as use.
            guard command == login || Self.endsConnection(line) else { continue }
            throw .refused(server: server, command: command.name, reply: line)
        }
    }

    /// Comes unasked, as the answer to whatever is asked first (Redis networking.c, acceptCommonHandler and
    /// clientAcceptHandler).
    private static func endsConnection(_ line: String) -> Bool {
        line.hasPrefix("DENIED") || line.contains("max number of clients")
    }
}

extension RedisCommand {
    /// What this connection reads is no use of a key: idle times and frequencies stay.
    package static let readingIsNoUse = RedisCommand("CLIENT", "NO-TOUCH", "ON")
}

extension RedisEndpoint {
    /// With what may be amiss where a server that never answered ends the connection at once.
    fileprivate func explained(_ error: RedisClientError) -> RedisClientError {
        switch error {
        case .tls(let server, var fault):
            fault.mayPass = pulse.hasAnswered
            return .tls(server: server, fault)
        case .disconnected(let server, let reason) where !pulse.hasAnswered:
            guard let settings = tls?.settings else {
                return .disconnected(server: server, reason: "\(reason); if that port speaks TLS, write rediss://")
            }
            guard settings.certificate == nil else { return error }
            let options = "\(settings.option("cert")) and \(settings.option("key"))"
            let hint = "; it may ask for a client certificate: give one with \(options)"
            return .disconnected(server: server, reason: reason + hint)
        default: return error
        }
    }

    /// The AUTH that opens a connection to this server now, or nil where no password was given.
    fileprivate func login() async throws(RedisClientError) -> RedisCommand? {
        guard let passwordSource else { return password.map(authentication) }
        do throws(PasswordFault) {
            return authentication(try await passwordSource())
        } catch {
            throw .noPassword(server: description, reason: error.reason, mayPass: pulse.hasAnswered)
        }
    }

    private func authentication(_ password: String) -> RedisCommand {
        guard let username else { return RedisCommand("AUTH", ByteString(password)) }
        return RedisCommand("AUTH", ByteString(username), ByteString(password))
    }
}

import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Answers batches of `PEXPIRETIME key`, `DUMP key` with fingerprints, one promise for each batch.
final class FingerprintHandler: ChannelDuplexHandler {
    struct Request: Sendable {
        enum Answer: Sendable {
            /// One status line, of a command such as SELECT.
            case status(command: String)
            /// One line of whatever kind, which nobody waits for.
            case life
            case fingerprints(Int)
        }

        let bytes: ByteBuffer
        let answer: Answer
        let promise: EventLoopPromise<[DumpFingerprint]>
    }

    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Request
    typealias OutboundOut = ByteBuffer

    private let server: String
    private static let ping = ByteBuffer(string: "*1\r\n$4\r\nPING\r\n")

    private let timeout: TimeAmount
    private let pulse: ConnectionPulse
    private var heartbeat: RepeatedTask?
    private var parser: FingerprintParser
    private var waiting = CircularBuffer<Request>()
    private var answers: [DumpFingerprint] = []
    private var pending = ByteBuffer()
    private var lastRead = NIODeadline.now()
    private var timer: Scheduled<Void>?
    private var failure: RedisClientError?

    init(server: String, expiryCommand: String, timeout: TimeAmount, pulse: ConnectionPulse) {
        self.server = server
        self.pulse = pulse
        self.timeout = timeout
        self.parser = FingerprintParser(expiryCommand: expiryCommand)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let request = unwrapOutboundIn(data)
        if let failure {
            request.promise.fail(failure)
            return
        }
        waiting.append(request)
        if waiting.count == 1 { lastRead = .now() }
        if timer == nil { startTimer(context, in: timeout) }
        context.write(wrapOutboundOut(request.bytes), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard failure == nil else { return }
        lastRead = .now()
        var buffer = unwrapInboundIn(data)
        if pending.readableBytes > 0 {
            pending.writeBuffer(&buffer)
            swap(&pending, &buffer)
        }
        do {
            let used = try buffer.withUnsafeReadableBytes { bytes throws(FingerprintError) in try read(bytes) }
            buffer.moveReaderIndex(forwardBy: used)
        } catch {
            fail(clientError(error), context)
            return
        }
        pending = buffer.readableBytes > 0 ? buffer.slice() : ByteBuffer()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let interval = pulse.interval
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        heartbeat = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let (handler, context) = bound.value
            handler.askForLife(context)
        }
    }

    /// Else a server would end a connection that nobody uses.
    private func askForLife(_ context: ChannelHandlerContext) {
        guard failure == nil, waiting.isEmpty else { return }
        let promise = context.eventLoop.makePromise(of: [DumpFingerprint].self)
        let request = Request(bytes: Self.ping, answer: .life, promise: promise)
        waiting.append(request)
        lastRead = .now()
        context.writeAndFlush(wrapOutboundOut(request.bytes), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.disconnected(server: server, reason: "the server closed the connection"), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.disconnected(server: server, reason: RedisBootstrap.reason(error)), context)
    }

    /// Reads all whole replies; how many bytes they were.
    private func read(_ bytes: UnsafeRawBufferPointer) throws(FingerprintError) -> Int {
        var position = 0
        while let request = waiting.first {
            switch request.answer {
            case .status(let command):
                guard try readStatus(bytes, &position, command) else { return position }
            case .life:
                guard let end = try endOfLine(bytes, position) else { return position }
                position = end
            case .fingerprints(let count):
                while answers.count < count {
                    guard let next = try parser.next(bytes, at: &position) else { return position }
                    answers.append(next)
                }
            }
            waiting.removeFirst()
            request.promise.succeed(answers)
            answers = []
        }
        return position
    }

    private func endOfLine(_ bytes: UnsafeRawBufferPointer, _ position: Int) throws(FingerprintError) -> Int? {
        do { return try RESPHeader.parse(bytes, at: position)?.end } catch { throw .malformed(error) }
    }

    private func readStatus(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int,
        _ command: String
    ) throws(FingerprintError) -> Bool {
        let header: RESPHeader?
        do { header = try RESPHeader.parse(bytes, at: position) } catch { throw .malformed(error) }
        guard let header else { return false }
        let line = ByteString(bytes[header.textStart..<(header.end - 2)])
        switch header.kind {
        case .simpleString: position = header.end
        case .error: throw .refused(command: command, reply: line.text)
        default: throw .unexpectedReply
        }
        return true
    }

    private func clientError(_ error: FingerprintError) -> RedisClientError {
        switch error {
        case .refused(let command, let reply): .refused(server: server, command: command, reply: reply)
        case .unexpectedReply: .unexpectedReply(server: server, command: "DUMP")
        case .malformed: .notRESP(server: server)
        }
    }

    /// Looks from time to time whether the server has been silent for too long; a timer for each read would cost more
    /// than the read.
    private func startTimer(_ context: ChannelHandlerContext, in delay: TimeAmount) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.timer = nil
            guard self.failure == nil, !self.waiting.isEmpty else { return }
            let silence = NIODeadline.now() - self.lastRead
            if silence >= self.timeout {
                self.fail(.timedOut(server: self.server, command: "DUMP"), context)
            } else {
                self.startTimer(context, in: self.timeout - silence)
            }
        }
    }

    /// After any failure the order of replies is unknown, so the connection ends.
    private func fail(_ error: RedisClientError, _ context: ChannelHandlerContext) {
        guard failure == nil else { return }
        failure = error
        timer?.cancel()
        heartbeat?.cancel()
        for request in waiting { request.promise.fail(error) }
        waiting.removeAll()
        pending = ByteBuffer()
        context.close(promise: nil)
    }
}

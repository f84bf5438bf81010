import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Why a move did not end with both sides equal.
enum BigMoveError: Error {
    case server(RedisClientError)
    /// The value became another while it was read, or the target's copy is not what it was: all of it is moved again.
    case changed
    /// No command makes the target's copy what the value is: only its payload does.
    case indivisible
    case stopped
}

/// One move of one big value: pages of about a megabyte are read at the source and written at the target, one after
/// another, so the memory that it takes does not depend on the value. Both connections have its database selected.
struct BigMove {
    /// Bytes of a page that is wanted: the most, and with a limit of bandwidth the least.
    static let mostPageBytes = 1 << 20
    static let leastPageBytes = 1 << 14
    /// Elements of a page: with more a server would be kept from its clients for milliseconds.
    static let mostElements = 500

    let source: RedisConnection
    let target: RedisConnection
    let key: ByteString
    let queue: KeyTransferQueue
    /// Which of the mover's workers this is.
    let worker: Int
    /// The source tells expiries of single fields.
    let hasFieldExpiries: Bool
    /// Sent to the target so far.
    var bytes = 0
    /// Bytes of an element, judged by those seen and by the value's size.
    var elementBytes = 64

    /// Elements to ask for at once.
    var pageCount: Int { max(1, min(Self.mostElements, queue.pieceBytes / max(1, elementBytes))) }

    func ask(_ command: RedisCommand) -> EventLoopFuture<ByteBuffer> { source.raw(command) }

    /// The source's reply to one of the commands that read this value.
    func answer(_ future: EventLoopFuture<ByteBuffer>, _ command: ByteString) async throws(BigMoveError) -> RESPValue {
        guard !Task.isCancelled else { throw .stopped }
        let reply: ByteBuffer
        do { reply = try await source.reply(future) } catch { throw .server(error) }
        var decoder = RESPDecoder()
        reply.withUnsafeReadableBytes { decoder.append($0) }
        guard let value = try? decoder.next() else { throw unexpected(command) }
        return try checked(value, command, source)
    }

    func read(_ command: RedisCommand) async throws(BigMoveError) -> RESPValue {
        try await answer(ask(command), ByteString(command.name))
    }

    func elements(_ command: RedisCommand) async throws(BigMoveError) -> [RESPValue] {
        guard let elements = try await read(command).elements else { throw unexpected(ByteString(command.name)) }
        return elements
    }

    /// Sends commands to the target and waits for its replies; an error is thrown.
    @discardableResult
    mutating func write(_ commands: [RedisCommand]) async throws(BigMoveError) -> [RESPValue] {
        await queue.waitForPiece(worker: worker)
        guard !Task.isCancelled else { throw .stopped }
        let before = bytes
        var replies: [RESPValue] = []
        do { replies = try await target.pipeline(commands) } catch { throw .server(error) }
        for (command, reply) in zip(commands, replies) {
            bytes += command.arguments.reduce(0) { $0 + $1.count }
            _ = try checked(reply, ByteString(command.name), target)
        }
        queue.sentPiece(bytes: bytes - before, worker: worker)
        return replies
    }

    mutating func note(_ page: [RESPValue]) {
        guard !page.isEmpty else { return }
        let mean = page.reduce(0) { $0 + $1.weight } / page.count
        // Growing elements count at once, shrinking ones only gradually.
        elementBytes = max(1, mean, (elementBytes * 4 + mean) / 5)
    }

    func unexpected(_ command: ByteString, of server: RedisConnection? = nil) -> BigMoveError {
        .server(.unexpectedReply(server: (server ?? source).server, command: command.text))
    }

    private func checked(
        _ reply: RESPValue,
        _ command: ByteString,
        _ server: RedisConnection
    ) throws(BigMoveError) -> RESPValue {
        guard case .error(let line) = reply else { return reply }
        // The key went, or became another type, since its type was asked for.
        if ["WRONGTYPE", "NOGROUP", "ERR no such key"].contains(where: line.hasPrefix) { throw .changed }
        throw .server(.refused(server: server.server, command: command.text, reply: line))
    }
}

extension RESPValue {
    /// Bytes of its strings.
    var weight: Int {
        switch self {
        case .string(let bytes): bytes.count
        case .array(let values), .map(let values), .push(let values): values.reduce(0) { $0 + $1.weight }
        default: 8
        }
    }
}

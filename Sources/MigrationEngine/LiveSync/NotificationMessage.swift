import MigrationCore
import RESP

/// What a server sends on a connection that has subscribed, in RESP2: arrays of two to four elements (Redis pubsub.c,
/// addReplyPubsubPatMessage; server.c, pingCommand). Ranges are those of the bytes that it was read from.
enum NotificationMessage: Equatable, Sendable {
    /// A key of a database, and the event's name: `set`, `rename_from`, `expired`.
    case event(database: Int, key: Range<Int>, name: Range<Int>)
    /// The answer to PING; nil where it does not carry a number.
    case pong(Int?)
    case subscribed
    case refused(String)
    /// Of no interest.
    case other

    private static let mostElements = 4
    private static let opening = Array("__keyspace@".utf8)
    private static let closing = Array("__:".utf8)

    /// Reads the message that begins at `start`. Nil means that more bytes are needed.
    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int
    ) throws(RESPError) -> (message: NotificationMessage, end: Int)? {
        guard let header = try RESPHeader.parse(bytes, at: start) else { return nil }
        switch header.kind {
        case .error: return (.refused(text(bytes, header.textStart..<(header.end - 2))), header.end)
        case .array, .push: break
        default: throw .malformedLine
        }
        guard (1...mostElements).contains(header.number) else { throw .malformedLine }
        var position = header.end
        guard let kind = try element(bytes, &position) else { return nil }
        var last = (kind, kind)
        for _ in 1..<header.number {
            guard let next = try element(bytes, &position) else { return nil }
            last = (last.1, next)
        }
        return (message(bytes, kind, last), position)
    }

    /// The text of a bulk string or of an integer; nil means that more bytes are needed.
    private static func element(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int
    ) throws(RESPError) -> Range<Int>? {
        guard let header = try RESPHeader.parse(bytes, at: position) else { return nil }
        switch header.kind {
        case .integer:
            position = header.end
            return header.textStart..<(header.end - 2)
        case .bulkString:
            let length = max(0, header.number)
            let end = header.end + length + (header.number < 0 ? 0 : 2)
            guard end <= bytes.count else { return nil }
            position = end
            return header.end..<(header.end + length)
        default: throw .malformedLine
        }
    }

    private static func message(
        _ bytes: UnsafeRawBufferPointer,
        _ kind: Range<Int>,
        _ last: (Range<Int>, Range<Int>)
    ) -> NotificationMessage {
        switch text(bytes, kind) {
        case "pmessage": event(bytes, channel: last.0, name: last.1)
        case "pong": .pong(Int(text(bytes, last.1)))
        case "psubscribe": .subscribed
        default: .other
        }
    }

    /// A key may hold everything, also what looks like the beginning of a channel, so the first `__:` ends it.
    private static func event(
        _ bytes: UnsafeRawBufferPointer,
        channel: Range<Int>,
        name: Range<Int>
    ) -> NotificationMessage {
        let channelBytes = UnsafeRawBufferPointer(rebasing: bytes[channel])
        guard channelBytes.starts(with: opening) else { return .other }
        var index = opening.count
        var database = 0
        while index < channelBytes.count, (0x30...0x39).contains(channelBytes[index]), database < 1 << 31 {
            database = database * 10 + Int(channelBytes[index]) - 0x30
            index += 1
        }
        guard index > opening.count, channelBytes[index...].starts(with: closing) else { return .other }
        return .event(
            database: database,
            key: (channel.lowerBound + index + closing.count)..<channel.upperBound,
            name: name
        )
    }

    private static func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }
}

extension TenantScope {
    /// What PSUBSCRIBE listens to for changes of the tenant's keys.
    ///
    /// - Parameter databases: Nil for all of them.
    func channelPatterns(databases: [Int]?) -> [ByteString] {
        let numbers = databases?.map { ByteString($0) } ?? ["*"]
        return numbers.map { ByteString(Array("__keyspace@".utf8) + $0.bytes + Array("__:".utf8) + pattern.bytes) }
    }
}

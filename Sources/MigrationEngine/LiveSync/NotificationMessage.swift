import MigrationCore
import RESP

/// What a server sends on a connection that has subscribed, in RESP2: arrays of two to four elements (Redis pubsub.c,
/// addReplyPubsubPatMessage; server.c, pingCommand).
enum NotificationMessage: Equatable, Sendable {
    /// A key of a database, and the event's name: `set`, `rename_from`, `expired`.
    case event(KeyName, [UInt8])
    /// The answer to PING; nil where it does not carry a number.
    case pong(Int?)
    case subscribed
    case refused(String)
    /// Of no interest.
    case other

    init(_ value: RESPValue) {
        if case .error(let line) = value {
            self = .refused(line)
            return
        }
        guard let elements = value.elements, let kind = elements.first?.text else {
            self = .other
            return
        }
        switch (kind, elements.count) {
        case ("pmessage", 4): self = Self.event(channel: elements[2].bytes, name: elements[3].bytes)
        case ("pong", 2): self = .pong(elements[1].text.flatMap { Int($0) })
        case ("psubscribe", 3): self = .subscribed
        default: self = .other
        }
    }

    /// A key may hold everything, also what looks like the beginning of a channel, so the first `__:` ends it.
    private static func event(channel: ByteString?, name: ByteString?) -> NotificationMessage {
        guard let channel = channel?.bytes, let name = name?.bytes, channel.starts(with: opening) else { return .other }
        let digits = channel[opening.count...].prefix { (0x30...0x39).contains($0) }
        let rest = channel[digits.endIndex...]
        guard let database = Int(String(decoding: digits, as: UTF8.self)), rest.starts(with: closing) else {
            return .other
        }
        return .event(KeyName(database: database, key: ByteString(rest.dropFirst(closing.count))), name)
    }

    private static let opening = Array("__keyspace@".utf8)
    private static let closing = Array("__:".utf8)
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

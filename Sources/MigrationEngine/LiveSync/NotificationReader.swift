import MigrationCore
import RESP

/// Reads the bytes of a subscribed connection and says what they mean: touched keys, and how far the server has come.
///
/// A server appends notifications and the answers to PING to one and the same output buffer, in the order of execution.
/// So once the answer to PING number n is here, every change that was executed before that PING has been told.
struct NotificationReader: Sendable {
    enum Output: Sendable {
        /// Everything up to the marker that was the newest before them.
        case touched(Touches)
        case marker(Int)
        case subscribed
        case refused(String)
    }

    /// The name of an event, and what follows from it.
    private struct Event {
        let name: [UInt8]
        let origin: Touches.Origin
        let concernsGroups: Bool

        init(_ name: [UInt8]) {
            self.name = name
            // The source's own deaths have events of their own (Redis db.c, deleteExpiredKeyAndPropagate; evict.c,
            // performEvictions); `del` is always a client's doing.
            origin = Self.deaths.contains(name) ? .death : .event
            concernsGroups = ConsumerGroups.events.contains(name)
        }

        private static let deaths = [Array("expired".utf8), Array("evicted".utf8), fieldDeath]
    }

    /// Fields of a hash have expired. Where it was the last, `del` follows (Redis t_hash.c, hashTypeDbActiveExpire).
    private static let fieldDeath = Array("hexpired".utf8)
    private static let deletion = Array("del".utf8)

    /// Redis knows about eighty; more than that many different ones need not be kept.
    private static let mostEvents = 256

    private let prefix: [UInt8]
    /// Nil for all of them.
    private let wanted: Set<Int>?
    private var input: [UInt8] = []
    private var events: [Event] = []
    private var outputs: [Output] = []
    private var touches = Touches()
    /// The hash that the last event was about, where fields of it have expired.
    private var dying: KeyHash?
    /// The newest marker whose answer has come.
    private(set) var marker = 0

    init(scope: TenantScope, databases: [Int]?) {
        prefix = scope.prefix.bytes
        wanted = databases.map { Set($0) }
    }

    /// - Parameter mayBeGrouped: Called with each key that may have become a stream with a consumer group.
    mutating func consume(
        _ bytes: UnsafeRawBufferPointer,
        mayBeGrouped: (KeyName) -> Void
    ) throws(RESPError) -> [Output] {
        if input.isEmpty {
            let used = try read(bytes, mayBeGrouped)
            if used < bytes.count { input = Array(bytes[used...]) }
        } else {
            input.append(contentsOf: bytes)
            let whole = input
            let used = try whole.span.bytes.withUnsafeBytes { (bytes) throws(RESPError) in
                try read(bytes, mayBeGrouped)
            }
            if used > 0 { input = Array(whole[used...]) }
        }
        flush()
        defer { outputs = [] }
        return outputs
    }

    private mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        _ mayBeGrouped: (KeyName) -> Void
    ) throws(RESPError) -> Int {
        var position = 0
        while let (message, end) = try NotificationMessage.parse(bytes, at: position) {
            position = end
            switch message {
            case .event(let database, let key, let name):
                touch(UnsafeRawBufferPointer(rebasing: bytes[key]), database, bytes[name], mayBeGrouped)
            case .pong(let number?):
                flush()
                marker = number
                outputs.append(.marker(number))
            case .subscribed: outputs.append(.subscribed)
            case .refused(let line): outputs.append(.refused(line))
            case .pong, .other: break
            }
        }
        return position
    }

    /// The server matched a pattern, which may have met another key in the middle: byte for byte it is decided here.
    private mutating func touch(
        _ key: UnsafeRawBufferPointer,
        _ database: Int,
        _ name: Slice<UnsafeRawBufferPointer>,
        _ mayBeGrouped: (KeyName) -> Void
    ) {
        guard key.starts(with: prefix), wanted?.contains(database) ?? true else { return }
        let event = event(named: name)
        let hash = KeyHash(database: database, key: key)
        let origin = event.name == Self.deletion && hash == dying ? .death : event.origin
        dying = event.name == Self.fieldDeath ? hash : nil
        touches.append(key, database: database, offset: marker, command: event.name, origin: origin)
        if event.concernsGroups { mayBeGrouped(KeyName(database: database, key: ByteString(key))) }
    }

    /// The same array again for the same name.
    private mutating func event(named name: Slice<UnsafeRawBufferPointer>) -> Event {
        if let known = events.first(where: { $0.name.elementsEqual(name) }) { return known }
        let new = Event(Array(name))
        if events.count < Self.mostEvents { events.append(new) }
        return new
    }

    private mutating func flush() {
        guard !touches.isEmpty else { return }
        outputs.append(.touched(touches))
        touches = Touches()
    }
}

extension Touches {
    mutating func append(
        _ key: UnsafeRawBufferPointer,
        database: Int,
        offset: Int,
        command: [UInt8],
        origin: Origin
    ) {
        append(key, database: database, offset: offset, command: command)
        touches[touches.count - 1].origin = origin
    }
}

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

    private let scope: TenantScope
    /// Nil for all of them.
    private let wanted: Set<Int>?
    private var decoder = RESPDecoder()
    /// The newest marker whose answer has come.
    private(set) var marker = 0

    init(scope: TenantScope, databases: [Int]?) {
        self.scope = scope
        wanted = databases.map { Set($0) }
    }

    /// - Parameter event: Called for each event of one of the tenant's keys.
    mutating func consume(
        _ bytes: UnsafeRawBufferPointer,
        event: (KeyName, [UInt8]) -> Void
    ) throws(RESPError) -> [Output] {
        decoder.append(bytes)
        var outputs: [Output] = []
        var touches = Touches()
        while let value = try decoder.next() {
            switch NotificationMessage(value) {
            case .event(let name, let command):
                guard isOurs(name) else { continue }
                touches.append(name, offset: marker, event: command)
                event(name, command)
            case .pong(let number?):
                if !touches.isEmpty { outputs.append(.touched(touches)) }
                touches = Touches()
                marker = number
                outputs.append(.marker(number))
            case .subscribed: outputs.append(.subscribed)
            case .refused(let line): outputs.append(.refused(line))
            case .pong, .other: break
            }
        }
        if !touches.isEmpty { outputs.append(.touched(touches)) }
        return outputs
    }

    /// The server matched a pattern, which may have met another key in the middle: byte for byte it is decided here.
    private func isOurs(_ name: KeyName) -> Bool {
        scope.contains(name.key) && (wanted?.contains(name.database) ?? true)
    }
}

extension Touches {
    /// The source's own deaths have events of their own (Redis db.c, deleteExpiredKeyAndPropagate; evict.c,
    /// performEvictions); `del` is always a client's doing.
    fileprivate mutating func append(_ name: KeyName, offset: Int, event: [UInt8]) {
        let isDeath = Self.deaths.contains(event)
        append(name, offset: offset, command: event, origin: isDeath ? .death : .event)
    }

    mutating func append(_ name: KeyName, offset: Int, command: [UInt8], origin: Origin) {
        name.key.bytes.withUnsafeBytes { append($0, database: name.database, offset: offset, command: command) }
        touches[touches.count - 1].origin = origin
    }

    private static let deaths = [Array("expired".utf8), Array("evicted".utf8)]
}

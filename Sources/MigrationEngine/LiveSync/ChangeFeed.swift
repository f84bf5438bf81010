import MigrationCore
import RESP

/// Keys that changed at a server, in the order in which its stream named them. Never values.
package struct Touches: Sendable {
    package struct Touch: Sendable {
        package var database: Int
        package var hash: KeyHash
        /// Where the key's bulk string ends in `encoded`.
        package var end: Int
        /// Bytes of the stream before the command, or whatever else the feed counts.
        package var offset: Int
        /// The command of a stream, or the event of a notification.
        package var command: [UInt8]
        package var origin = Origin.command

        var commandName: String { command.commandName }

        /// What the source itself sends for a key that it expires or evicts (Redis 7.0 db.c, propagateDeletion), or for
        /// an expired field (`HDEL`), and a client to delete one. A stream does not tell the two apart; notifications do.
        var isDeletion: Bool { origin == .command && (commandName == "HDEL" || takesKey) }

        /// The key itself is gone.
        var takesKey: Bool {
            switch origin {
            case .command: commandName == "DEL" || commandName == "UNLINK"
            case .death: true
            case .event, .doubt: false
            }
        }

        /// A client's doing, and nobody else's.
        package var isWrite: Bool {
            switch origin {
            case .command: !isDeletion
            case .event: true
            case .death, .doubt: false
            }
        }
    }

    /// How a feed came to name a key.
    package enum Origin: Sendable {
        /// A command of the replication stream names it.
        case command
        /// A notification says that a client changed it.
        case event
        /// A notification says that the server expired or evicted it.
        case death
        /// It may have changed without anybody saying so.
        case doubt
    }

    /// A database that was emptied or exchanged as a whole; `allDatabases` for every one.
    package struct Clearing: Sendable {
        package var database: Int
        /// Bytes of the stream before the command.
        package var offset: Int
        package var command: [UInt8]
        /// Nobody can tell what the command has changed there, perhaps nothing.
        package var isDoubt = false

        var commandName: String { command.commandName }
    }

    package internal(set) var encoded: [UInt8] = []
    package internal(set) var touches: [Touch] = []
    package internal(set) var clearings: [Clearing] = []
    /// More about the touches of watched keys, by their index.
    package internal(set) var details: [Int: CommandDetail] = [:]

    package static let allDatabases = -1

    package init() {}

    package var isEmpty: Bool { touches.isEmpty && clearings.isEmpty }
    package var cleared: Set<Int> { Set(clearings.map(\.database)) }

    package func key(_ index: Int) -> ByteString {
        let start = index == 0 ? 0 : touches[index - 1].end
        let bulk = encoded[start..<touches[index].end]
        let line = bulk.firstIndex(of: 0x0A).map { $0 + 1 } ?? bulk.startIndex
        return ByteString(bulk[line..<(bulk.endIndex - 2)])
    }
}

/// What listens to a feed. Called on the feed's own thread, in the stream's order, and must not wait.
package protocol ChangeSink: Sendable {
    /// Everything up to `position` has been named.
    func changed(shard: ShardID, _ touches: Touches, position: FeedPosition)
    /// Changes were missed, or the feed ended: what it said before still holds.
    func lost(shard: ShardID, reason: String)
}

/// Where an attached feed stands.
package struct FeedAttachment: Equatable, Sendable {
    package var position: FeedPosition
    /// Every change behind the position that was asked for is told. False where some may have been missed, and where
    /// none was asked for.
    package var continued: Bool

    package init(position: FeedPosition, continued: Bool) {
        self.position = position
        self.continued = continued
    }
}

/// Says which of a tenant's keys change at one shard of a server, and up to which position it has told all. It is
/// attached once in its life.
package protocol ChangeFeed: Sendable {
    var kind: FeedKind { get }
    /// Whether offsets are bytes: only then is the distance between two of them a lag that can be shown.
    var tellsBytes: Bool { get }
    /// What an operator should know about this feed once it is attached; nil where there is nothing.
    var remark: String? { get }
    /// Attaches and returns once every later change will be told; from `position` on, where the server still has that.
    func attach(
        to sink: any ChangeSink,
        from position: FeedPosition?
    ) async throws(MigrationFailure) -> FeedAttachment
    /// The server's own position now: what the feed has to reach to know of all that has happened.
    func serverOffset() async throws(MigrationFailure) -> Int
    /// The last byte of the stream that was looked at, or whatever else the feed counts.
    var offset: Int { get }
    /// Bytes of its stream that the server keeps for those who come back; nil where it keeps none, or does not say.
    var backlogBytes: Int? { get }
    /// Where the stream can be taken up again; everything before it has been told.
    var position: FeedPosition? { get }
    func detach() async
}

extension ChangeFeed {
    package var tellsBytes: Bool { kind == .replication }
    package var remark: String? { nil }
}

extension [UInt8] {
    fileprivate var commandName: String { String(decoding: self, as: UTF8.self).uppercased() }
}

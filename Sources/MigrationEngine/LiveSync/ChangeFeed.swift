import MigrationCore
import RESP

/// Keys that changed at a server, in the order in which its stream named them. Never values.
package struct Touches: Sendable {
    package struct Touch: Sendable {
        package var database: Int
        package var hash: KeyHash
        /// Where the key's bulk string ends in `encoded`.
        package var end: Int
        /// Bytes of the stream before the command.
        package var offset: Int
        package var command: [UInt8]

        var commandName: String { command.commandName }

        /// What the source itself sends for a key that it expires or evicts (Redis 7.0 db.c, propagateDeletion), and a
        /// client to delete one.
        var isDeletion: Bool { commandName == "DEL" || commandName == "UNLINK" }
    }

    /// A database that was emptied or exchanged as a whole; `allDatabases` for every one.
    package struct Clearing: Sendable {
        package var database: Int
        /// Bytes of the stream before the command.
        package var offset: Int
        package var command: [UInt8]

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
    func changed(shard: Int, _ touches: Touches, position: FeedPosition)
    /// Changes were missed, or the feed ended: what it said before still holds.
    func lost(shard: Int, reason: String)
}

/// Says which of a tenant's keys change at one shard of a server, and up to which position it has told all.
package protocol ChangeFeed: Sendable {
    /// Attaches and returns once every later change will be told.
    func attach(to sink: any ChangeSink) async throws(MigrationFailure) -> FeedPosition
    /// The server's own position now: what the feed has to reach to know of all that has happened.
    func serverOffset() async throws(MigrationFailure) -> Int
    /// The last byte of the stream that was looked at.
    var offset: Int { get }
    func detach() async
}

extension [UInt8] {
    fileprivate var commandName: String { String(decoding: self, as: UTF8.self).uppercased() }
}

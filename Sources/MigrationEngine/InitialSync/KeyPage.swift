import MigrationCore
import NIOCore
import RESP
import RedisClient

/// One page of SCAN: keys as they lie in the server's reply.
struct KeyPage: Sendable {
    /// Where the next page begins; 0 after the last.
    let cursor: UInt64
    private let reply: ByteBuffer
    /// Where each key's bulk string begins, where the key itself begins, and where the bulk string ends.
    private let places: [(start: Int, key: Int, end: Int)]

    var count: Int { places.count }

    /// Reads `*2`, the cursor, and the array of keys. The server matches a pattern; that a key is the tenant's is
    /// decided here, byte by byte.
    init(scanReply reply: ByteBuffer, scope: TenantScope, server: String) throws(RedisClientError) {
        let unexpected = RedisClientError.unexpectedReply(server: server, command: "SCAN")
        if reply.getInteger(at: reply.readerIndex, as: UInt8.self) == UInt8(ascii: "-") {
            let line = reply.getString(at: reply.readerIndex + 1, length: reply.readableBytes - 3) ?? ""
            throw .refused(server: server, command: "SCAN", reply: line)
        }
        let prefix = scope.prefix.bytes
        let read = reply.withUnsafeReadableBytes { bytes -> (UInt64, [(start: Int, key: Int, end: Int)])? in
            guard let outer = Self.header(bytes, 0, .array), outer.number == 2,
                let cursor = Self.header(bytes, outer.end, .bulkString), cursor.number > 0
            else { return nil }
            let text = bytes[cursor.end..<(cursor.end + cursor.number)]
            guard let next = UInt64(String(decoding: text, as: UTF8.self)),
                let keys = Self.header(bytes, cursor.end + cursor.number + 2, .array), keys.number >= 0
            else { return nil }
            var places: [(start: Int, key: Int, end: Int)] = []
            places.reserveCapacity(keys.number)
            var position = keys.end
            for _ in 0..<keys.number {
                guard let key = Self.header(bytes, position, .bulkString), key.number >= 0 else { return nil }
                let end = key.end + key.number
                if key.number >= prefix.count,
                    UnsafeRawBufferPointer(rebasing: bytes[key.end..<end]).starts(with: prefix)
                {
                    places.append((position, key.end, end + 2))
                }
                position = end + 2
            }
            return (next, places)
        }
        guard let read else { throw unexpected }
        (cursor, places) = read
        self.reply = reply
    }

    /// Calls `body` with each key's hash, and the key as a bulk string.
    func forEach(database: Int, _ body: (KeyHash, UnsafeRawBufferPointer) -> Void) {
        reply.withUnsafeReadableBytes { bytes in
            for place in places {
                let key = UnsafeRawBufferPointer(rebasing: bytes[place.key..<(place.end - 2)])
                let bulk = UnsafeRawBufferPointer(rebasing: bytes[place.start..<place.end])
                body(KeyHash(database: database, key: key), bulk)
            }
        }
    }

    /// The keys themselves, for commands that are no part of the copy path.
    var keys: [ByteString] {
        reply.withUnsafeReadableBytes { bytes in places.map { ByteString(bytes[$0.key..<($0.end - 2)]) } }
    }

    private static func header(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ kind: RESPHeader.Kind) -> RESPHeader? {
        guard let header = try? RESPHeader.parse(bytes, at: at), header.kind == kind else { return nil }
        return header
    }
}

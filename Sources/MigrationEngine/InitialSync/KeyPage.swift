import MigrationCore
import NIOCore
import RESP
import RedisClient

/// One page of SCAN: keys as they lie in the server's reply.
struct KeyPage: Sendable {
    /// Where a key's bulk string begins, where the key itself begins, and where the bulk string ends.
    private typealias Place = (start: Int, key: Int, end: Int)

    /// Where the next page begins; 0 after the last.
    let cursor: UInt64
    private let reply: ByteBuffer
    private let places: [Place]

    var count: Int { places.count }

    /// Where the next page begins, from a reply of `*2`, the cursor, and the array of keys.
    static func cursor(of reply: ByteBuffer, server: String) throws(RedisClientError) -> UInt64 {
        if reply.getInteger(at: reply.readerIndex, as: UInt8.self) == UInt8(ascii: "-") {
            let line = reply.getString(at: reply.readerIndex + 1, length: reply.readableBytes - 3) ?? ""
            throw .refused(server: server, command: "SCAN", reply: line)
        }
        guard let cursor = reply.withUnsafeReadableBytes({ Self.cursor($0)?.value }) else {
            throw .unexpectedReply(server: server, command: "SCAN")
        }
        return cursor
    }

    /// The server matches a pattern; that a key is the tenant's is decided here, byte by byte.
    init(scanReply reply: ByteBuffer, scope: TenantScope, server: String) throws(RedisClientError) {
        let prefix = scope.prefix.bytes
        let read = reply.withUnsafeReadableBytes { bytes -> (UInt64, [Place])? in
            guard let cursor = Self.cursor(bytes), let keys = Self.header(bytes, cursor.end, .array), keys.number >= 0
            else { return nil }
            var places: [Place] = []
            places.reserveCapacity(keys.number)
            var position = keys.end
            for _ in 0..<keys.number {
                guard let key = Self.header(bytes, position, .bulkString), key.number >= 0 else { return nil }
                let end = key.end + key.number
                if UnsafeRawBufferPointer(rebasing: bytes[key.end..<end]).starts(with: prefix) {
                    places.append((position, key.end, end + 2))
                }
                position = end + 2
            }
            return (cursor.value, places)
        }
        guard let read else { throw .unexpectedReply(server: server, command: "SCAN") }
        (cursor, places) = read
        self.reply = reply
    }

    private static func cursor(_ bytes: UnsafeRawBufferPointer) -> (value: UInt64, end: Int)? {
        guard let outer = header(bytes, 0, .array), outer.number == 2,
            let bulk = header(bytes, outer.end, .bulkString), bulk.number > 0
        else { return nil }
        let end = bulk.end + bulk.number
        return UInt64(String(decoding: bytes[bulk.end..<end], as: UTF8.self)).map { ($0, end + 2) }
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

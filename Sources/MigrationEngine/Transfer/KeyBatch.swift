import MigrationCore
import NIOCore
import RESP

/// Keys of one database on their way through a lane. They lie one after another as bulk strings
/// (`$len\r\nkey\r\n`), ready to be copied into commands as they are.
struct KeyBatch: Sendable {
    /// Which kind of work this is; it decides what the batch counts for and how it is read first.
    enum Origin: Sendable {
        /// SCAN named the keys.
        case scanned
        /// The change feed named them; the tick is the first of theirs.
        case touched(firstTick: Int)
    }

    /// What is known of the values' sizes before they are read.
    enum Sizes: Sendable {
        case unknown
        /// Whatever is a string is below the limit.
        case smallStrings
        case small
    }

    let database: Int
    let origin: Origin
    /// False where no key of the database has an expiry: then it need not be asked for.
    var asksExpiry = true
    var sizes = Sizes.unknown
    /// False once MGET has told that none of them is a string.
    var mayBeStrings = true
    /// Bytes of memory that the values take at most; nil where they were not asked for it.
    var bytes: Int?
    /// Keys whose values cannot be moved in pieces, whatever their size.
    var indivisible: Set<KeyHash> = []
    private(set) var encoded: ByteBuffer
    private(set) var ends: [Int]
    private(set) var hashes: [KeyHash]

    init(database: Int, origin: Origin, capacity: Int = 0) {
        self.database = database
        self.origin = origin
        encoded = ByteBuffer()
        encoded.reserveCapacity(capacity * 32)
        ends = []
        ends.reserveCapacity(capacity)
        hashes = []
        hashes.reserveCapacity(capacity)
    }

    init(_ dirty: DirtySet.Batch) {
        database = dirty.database
        origin = .touched(firstTick: dirty.firstTick)
        encoded = ByteBuffer(bytes: dirty.encoded)
        ends = dirty.ends
        hashes = dirty.hashes
    }

    var count: Int { ends.count }

    mutating func append(bulk: UnsafeRawBufferPointer, hash: KeyHash) {
        encoded.writeBytes(bulk)
        ends.append(encoded.writerIndex)
        hashes.append(hash)
    }

    /// Takes over keys of another batch.
    mutating func append(from other: KeyBatch, index: Int) {
        other.withEncoded(index) { _ = encoded.writeBytes($0) }
        ends.append(encoded.writerIndex)
        hashes.append(other.hashes[index])
    }

    /// The first `count` keys and the others. Both share the bytes.
    func split(at count: Int) -> (front: KeyBatch, rest: KeyBatch) {
        let middle = ends[count - 1]
        var (front, rest) = (self, self)
        front.encoded = rest.encoded.readSlice(length: middle) ?? ByteBuffer()
        rest.encoded = rest.encoded.slice()
        front.ends = Array(ends[..<count])
        front.hashes = Array(hashes[..<count])
        rest.ends = ends[count...].map { $0 - middle }
        rest.hashes = Array(hashes[count...])
        return (front, rest)
    }

    /// Puts a key into another batch of the same kind, which is made where there is none.
    func hand(_ index: Int, to other: inout KeyBatch?) {
        var batch = other ?? KeyBatch(database: database, origin: origin)
        // Held once, else its bytes would be copied.
        other = nil
        batch.sizes = sizes
        batch.mayBeStrings = mayBeStrings
        batch.asksExpiry = asksExpiry
        batch.indivisible = indivisible
        batch.bytes = bytes
        batch.append(from: self, index: index)
        other = batch
    }

    /// The key as a bulk string.
    func withEncoded<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = index == 0 ? 0 : ends[index - 1]
        return encoded.withUnsafeReadableBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<ends[index]])) }
    }

    /// The key itself, for messages.
    func key(_ index: Int) -> ByteString {
        withEncoded(index, Self.key)
    }

    /// The key in a bulk string.
    static func key(_ bytes: UnsafeRawBufferPointer) -> ByteString {
        let start = (bytes.firstIndex(of: 0x0A) ?? 0) + 1
        return ByteString(bytes[start..<(bytes.count - 2)])
    }
}

extension ByteBuffer {
    /// Writes `$len\r\n…\r\n`.
    mutating func writeBulk(_ bytes: some Collection<UInt8>) {
        writeLine(0x24, bytes.count)
        writeBytes(bytes)
        writeStaticString("\r\n")
    }

    /// Writes a batch's key as a bulk string.
    mutating func writeKey(_ index: Int, of batch: borrowing KeyBatch) {
        batch.withEncoded(index) { _ = writeBytes($0) }
    }

    /// Writes a type byte, a number and CRLF.
    mutating func writeLine(_ type: UInt8, _ number: Int) {
        writeInteger(type)
        writeString(String(number))
        writeStaticString("\r\n")
    }
}

import MigrationCore
import RESP

/// A digest over a sequence of byte strings and numbers. Each byte string goes with its length, so that no two
/// different sequences are the same bytes.
struct ValueHasher {
    private var hash = HashState()

    mutating func add(_ bytes: ByteString) {
        add(UInt64(bytes.count))
        addRaw(bytes)
    }

    /// The bytes without their length: for a value that comes in pieces.
    mutating func addRaw(_ bytes: ByteString) {
        bytes.bytes.withUnsafeBytes { hash.update($0) }
    }

    mutating func add(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { hash.update($0) }
    }

    mutating func add(_ number: Int) {
        add(UInt64(bitPattern: Int64(number)))
    }

    mutating func add(_ digest: Digest128) {
        add(digest.high)
        add(digest.low)
    }

    func digest() -> Digest128 {
        hash.digest
    }
}

extension Digest128 {
    /// A key's share of a side's checksum. The value is the payload's digest where both sides have the same payload,
    /// else the summary's: so equal keys give equal digests within one verification, and a checksum of one
    /// verification says nothing about another's.
    init(_ name: KeyName, expiry: Int, value: Digest128) {
        var hasher = ValueHasher()
        hasher.add(name.database)
        hasher.add(name.key)
        hasher.add(expiry)
        hasher.add(value)
        self = hasher.digest()
    }

    init(_ summary: ValueSummary) {
        var hasher = ValueHasher()
        hasher.add(ByteString(summary.type))
        for part in summary.parts {
            hasher.add(ByteString(part.name))
            hasher.add(ByteString(part.shown ?? ""))
            hasher.add(part.digest)
        }
        self = hasher.digest()
    }
}

import Crypto
import MigrationCore
import RESP

/// SHA-256 over a sequence of byte strings and numbers. Each byte string goes with its length, so that no two
/// different sequences are the same bytes.
struct ValueHasher {
    private var hash = SHA256()

    mutating func add(_ bytes: ByteString) {
        add(UInt64(bytes.count))
        addRaw(bytes)
    }

    /// The bytes without their length: for a value that comes in pieces.
    mutating func addRaw(_ bytes: ByteString) {
        bytes.bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    mutating func add(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { hash.update(bufferPointer: $0) }
    }

    mutating func add(_ number: Int) {
        add(UInt64(bitPattern: Int64(number)))
    }

    mutating func add(_ digest: Digest128) {
        add(digest.high)
        add(digest.low)
    }

    func digest() -> Digest128 {
        Digest128(hash.finalize())
    }
}

extension Digest128 {
    init(_ digest: SHA256.Digest) {
        self = digest.withUnsafeBytes { bytes in
            Digest128(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

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

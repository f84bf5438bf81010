/// What a server answered to `PEXPIRETIME key` and `DUMP key`, the payload as its digest.
package struct DumpFingerprint: Equatable, Sendable {
    /// Version (2 bytes) and CRC64 (8 bytes) end a payload (Redis `cluster.c`, `createDumpPayload`).
    package static let footerLength = 10
    package static let gone = DumpFingerprint(expiry: -2, length: -1, body: .zero, version: 0, checksum: 0)

    /// Unix time in milliseconds; -1 for a key without expiry, -2 for no key.
    package var expiry: Int
    /// Bytes of the payload, footer included; -1 where there is no key.
    package var length: Int
    /// Digest of the payload before the footer.
    package var body: Digest128
    package var version: UInt16
    package var checksum: UInt64
    /// The payload was not asked for, because it is too large for one answer: the length is that of its memory.
    package var isUnread = false
    /// The payload's first byte: how the value is stored. Nil where there is none.
    package var type: UInt8?

    package init(
        expiry: Int,
        length: Int,
        body: Digest128,
        version: UInt16,
        checksum: UInt64,
        type: UInt8? = nil
    ) {
        self.expiry = expiry
        self.length = length
        self.body = body
        self.version = version
        self.checksum = checksum
        self.type = type
    }

    /// The last form of a value before fields had expiries (Redis 7.2 rdb.h, RDB_TYPE_STREAM_LISTPACKS_3).
    private static let lastPlainType: UInt8 = 21

    /// Whether this is a hash with expiries of single fields, or something newer than that, or nobody knows.
    package var mayHaveFieldExpiries: Bool { type.map { $0 > Self.lastPlainType } ?? isUnread }

    /// The key may have gone between the two answers.
    package var isGone: Bool { expiry == -2 || length < 0 }
}

/// Tells whether two payloads are the same value byte for byte. Servers of different versions write a different footer
/// below the same bytes, so it is left out where it is known to be a footer: each server's version is the same in all of
/// its payloads. (A payload without a footer, as some imitations of Redis send, is compared whole.)
package struct PayloadComparison: Equatable, Sendable {
    /// RDB versions are small numbers; Redis 8 is at 12, Valkey 9 at 80.
    private static let versions: ClosedRange<UInt16> = 1...1000

    private var source: UInt16?
    private var target: UInt16?

    package init() {}

    package mutating func areSame(_ left: DumpFingerprint, _ right: DumpFingerprint) -> Bool {
        guard !left.isGone, !right.isGone, !left.isUnread, !right.isUnread else { return false }
        source = source ?? left.version
        target = target ?? right.version
        guard left.length == right.length, left.body == right.body else { return false }
        if left.version == right.version { return left.checksum == right.checksum }
        return left.version == source && right.version == target && Self.versions.contains(left.version)
            && Self.versions.contains(right.version)
    }
}

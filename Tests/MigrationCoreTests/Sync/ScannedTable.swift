import MigrationTestSupport

/// The cursor of a server's hash table while it is scanned (Redis dict.c, dictScan), resizes included.
struct ScannedTable {
    /// Bits of the table, and of the one it is being copied into.
    private(set) var bits: Int
    private(set) var nextBits: Int?
    private(set) var cursor: UInt64 = 0

    init(bits: Int) {
        self.bits = bits
    }

    /// Begins to move to a table of another size, or ends the move.
    mutating func resize(to bits: Int) {
        if let nextBits {
            self.bits = nextBits
            self.nextBits = nil
        } else {
            nextBits = bits
        }
    }

    /// Visits a bucket: with two tables, one of the smaller and all of the larger that it expands to.
    mutating func advance() {
        let small = mask(min(bits, nextBits ?? bits))
        let large = mask(max(bits, nextBits ?? bits))
        repeat {
            cursor = Self.reversed(Self.reversed(cursor | ~large) &+ 1)
        } while cursor & (small ^ large) != 0
    }

    private func mask(_ bits: Int) -> UInt64 { (1 << UInt64(bits)) - 1 }

    private static func reversed(_ value: UInt64) -> UInt64 {
        (0..<64).reduce(0) { $0 | (value >> UInt64($1) & 1) << UInt64(63 - $1) }
    }
}

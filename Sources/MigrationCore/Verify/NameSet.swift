/// Which names have been seen, in 11 to 22 bytes each however long they are: 63 bits of a hash that differs from
/// process to process, and a mark. Two of a million names share a hash once in about 20 million runs; the second of
/// them is then taken for the first.
package struct NameSet: Sendable {
    private static let mark: UInt64 = 1

    /// Open addressing with linear probing; 0 is a free slot.
    private var slots: [UInt64]
    package private(set) var count = 0
    package private(set) var markedCount = 0

    package init() {
        slots = Array(repeating: 0, count: 1024)
    }

    /// False where the name was there already.
    package mutating func insert(_ hash: UInt64) -> Bool {
        if count * 4 >= slots.count * 3 { grow() }
        let entry = Self.entry(hash)
        let index = slot(of: entry)
        guard slots[index] == 0 else { return false }
        slots[index] = entry
        count += 1
        return true
    }

    package func contains(_ hash: UInt64) -> Bool {
        slots[slot(of: Self.entry(hash))] != 0
    }

    package func isMarked(_ hash: UInt64) -> Bool {
        slots[slot(of: Self.entry(hash))] & Self.mark != 0
    }

    /// True where the name is there and had no mark before.
    package mutating func mark(_ hash: UInt64) -> Bool {
        let index = slot(of: Self.entry(hash))
        guard slots[index] != 0, slots[index] & Self.mark == 0 else { return false }
        slots[index] |= Self.mark
        markedCount += 1
        return true
    }

    private static func entry(_ hash: UInt64) -> UInt64 {
        let entry = hash & ~mark
        return entry == 0 ? 2 : entry
    }

    /// The slot that holds `entry`, or the free one where it belongs.
    private func slot(of entry: UInt64) -> Int {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: entry >> 1) & mask
        while slots[index] != 0, slots[index] & ~Self.mark != entry {
            index = (index + 1) & mask
        }
        return index
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        for entry in old where entry != 0 {
            slots[slot(of: entry & ~Self.mark)] = entry
        }
    }
}

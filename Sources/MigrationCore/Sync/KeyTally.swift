/// Which keys are known to be at the source and which at the target: what makes the counts exact although SCAN may
/// name a key twice. 8 bytes a slot, at most three quarters of the slots in use.
///
/// A key is its hash without the low bits, which hold the flags. Two of ten million keys share a hash with a
/// probability of about 1 in 100,000, and then count as one at both sides.
package struct KeyTally: Sendable {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt64
        package init(rawValue: UInt64) { self.rawValue = rawValue }

        package static let atSource = Flags(rawValue: 1)
        package static let atTarget = Flags(rawValue: 2)
        /// Met since the census began. A key that is at neither side may lose it.
        package static let seen = Flags(rawValue: 4)
        /// Keeps a slot whose other flags are all gone from reading as empty.
        static let used = Flags(rawValue: 8)
        /// Met at the source, too, since the census began, or known to wait for being read there.
        package static let matched = Flags(rawValue: 16)
        static let mask: UInt64 = 31
    }

    /// One table in 256 grows at a time, so growing never needs twice the memory.
    private static let segmentCount = 256

    private struct Segment {
        var slots: [UInt64] = []
        var used = 0
    }

    private var segments = [Segment](repeating: Segment(), count: segmentCount)
    package private(set) var sourceCount = 0
    package private(set) var targetCount = 0

    package init() {}

    package func flags(of hash: KeyHash) -> Flags {
        let segment = segments[Self.segment(of: hash)]
        guard !segment.slots.isEmpty else { return [] }
        let index = Self.slot(of: hash, in: segment.slots)
        return Flags(rawValue: segment.slots[index] & Flags.mask)
    }

    /// The key is, or is no longer, at the source; likewise at the target.
    package mutating func set(_ hash: KeyHash, adding: Flags, removing: Flags = []) {
        let number = Self.segment(of: hash)
        growIfNeeded(number)
        let index = Self.slot(of: hash, in: segments[number].slots)
        let old = segments[number].slots[index]
        if old == 0 { segments[number].used += 1 }
        let before = old & Flags.mask
        let after = (before | adding.rawValue) & ~removing.rawValue | Flags.used.rawValue
        segments[number].slots[index] = (hash.value & ~Flags.mask) | after
        sourceCount += Int(after & 1) - Int(before & 1)
        targetCount += Int(after >> 1 & 1) - Int(before >> 1 & 1)
    }

    /// The keys were read at the source and stored at the target.
    package mutating func arrived(_ hashes: [KeyHash]) {
        for hash in hashes { set(hash, adding: Self.arrival) }
    }

    /// The keys were not at the source any more and were removed at the target.
    package mutating func left(_ hashes: [KeyHash]) {
        for hash in hashes { set(hash, adding: [], removing: Self.presence) }
    }

    private static let arrival: Flags = [.atSource, .atTarget, .seen, .matched]
    private static let presence: Flags = [.atSource, .atTarget]
    private static let census: Flags = [.seen, .matched]

    /// Forgets every key. The tables stay: as many keys will come again, and an allocator would keep the old memory
    /// beside the new.
    package mutating func forgetAll() {
        for number in segments.indices {
            for index in segments[number].slots.indices { segments[number].slots[index] = 0 }
            segments[number].used = 0
        }
        (sourceCount, targetCount) = (0, 0)
    }

    /// Begins a census: forgets what was seen before.
    package mutating func forgetSeen() {
        for number in segments.indices {
            for index in segments[number].slots.indices {
                segments[number].slots[index] &= ~Self.census.rawValue
            }
        }
    }

    /// Whether the census has met a key at the target that it has not met at the source.
    package var hasUnmatched: Bool {
        segments.contains { segment in
            segment.slots.contains { slot in
                slot & Self.presence.rawValue != 0 && slot & Self.census.rawValue == Flags.seen.rawValue
            }
        }
    }

    /// Ends a census: a key that was not met at the target is not there. It is at neither side, or waits to be read
    /// again and counts when it has arrived.
    package mutating func dropUnseen() {
        for number in segments.indices {
            for index in segments[number].slots.indices {
                let old = segments[number].slots[index]
                guard !Flags(rawValue: old).contains(.seen) else { continue }
                segments[number].slots[index] = old & ~Self.presence.rawValue
                sourceCount -= Int(old & 1)
                targetCount -= Int(old >> 1 & 1)
            }
        }
    }

    /// Slots, in use or free.
    package var capacity: Int { segments.reduce(0) { $0 + $1.slots.count } }

    private static func segment(of hash: KeyHash) -> Int {
        Int(truncatingIfNeeded: hash.value >> 56)
    }

    /// The slot that holds the key, or the empty one where it would go. There is always an empty one.
    private static func slot(of hash: KeyHash, in slots: [UInt64]) -> Int {
        let wanted = hash.value & ~Flags.mask
        // The bits behind the segment's, as a fraction of the table: its size need not be a power of two.
        var index = Int(truncatingIfNeeded: (wanted << 8).multipliedFullWidth(by: UInt64(slots.count)).high)
        while slots[index] != 0, slots[index] & ~Flags.mask != wanted {
            index = index + 1 < slots.count ? index + 1 : 0
        }
        return index
    }

    private mutating func growIfNeeded(_ number: Int) {
        let count = segments[number].slots.count
        guard segments[number].used * 5 >= count * 4 else { return }
        let old = segments[number].slots
        // Keys that are at neither side any more are left behind, and take no room however many come and go.
        let kept = old.count { $0 & 3 != 0 }
        // By a quarter: of what the table takes, a third at most is in reserve.
        var slots = [UInt64](repeating: 0, count: max(16, kept * 5 > count * 3 ? count * 5 / 4 : count))
        var used = 0
        for slot in old where slot & 3 != 0 {
            slots[Self.slot(of: KeyHash(value: slot), in: slots)] = slot
            used += 1
        }
        segments[number] = Segment(slots: slots, used: used)
    }
}

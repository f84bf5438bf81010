import RESP

/// The keys of one lane that were touched at the source and have not been read since, in the order of their first
/// touch. A key is in it at most once. Keys lie one after another as they go over the wire (`$len\r\nkey\r\n`), so a
/// batch is one copy.
///
/// It may hold millions of keys for days, so it is built of blocks that are filled once and dropped as they are used
/// up: a key takes its own bytes and about 40 more, and growing never needs twice the memory.
package struct DirtySet: Sendable {
    private struct Entry {
        var hash: KeyHash
        var tick: Int
        /// Where its bytes end in those of the block.
        var end: Int
        var database: Int32
    }

    private struct Block {
        static let size = 1024

        var bytes: [UInt8] = []
        var entries: [Entry] = []

        func start(of index: Int) -> Int { index == 0 ? 0 : entries[index - 1].end }

        /// A full block gives back what its arrays had in reserve.
        mutating func seal() {
            bytes = bytes.withUnsafeBufferPointer { Array($0) }
            entries = entries.withUnsafeBufferPointer { Array($0) }
        }
    }

    /// Keys taken together: all of one database.
    package struct Batch: Sendable {
        package var database: Int
        package var encoded: [UInt8]
        /// Where each key's encoding ends in `encoded`.
        package var ends: [Int]
        package var hashes: [KeyHash]
        /// The tick of the first of them: nothing from then on is safe until the batch is written.
        package var firstTick: Int

        package init(database: Int, encoded: [UInt8], ends: [Int], hashes: [KeyHash], firstTick: Int) {
            self.database = database
            self.encoded = encoded
            self.ends = ends
            self.hashes = hashes
            self.firstTick = firstTick
        }

        func split(at count: Int) -> (front: Batch, rest: Batch) {
            let middle = ends[count - 1]
            var (front, rest) = (self, self)
            front.encoded = Array(encoded[..<middle])
            front.ends = Array(ends[..<count])
            front.hashes = Array(hashes[..<count])
            rest.encoded = Array(encoded[middle...])
            rest.ends = ends[count...].map { $0 - middle }
            rest.hashes = Array(hashes[count...])
            return (front, rest)
        }
    }

    /// All full but the last.
    private var blocks: [Block] = []
    /// Entries are numbered in their order, the first of a block with a multiple of its size. This is the number of the
    /// oldest that is not taken; it lies in the first block.
    private var first = 0
    private var end = 0
    /// Numbers of entries, plus 1, by the hash of their key, with open addressing. 0 is empty; a number before `first`
    /// is left over from an entry that was taken.
    private var slots: [UInt32] = []
    private var usedSlots = 0
    /// What was given back, to be taken before all others.
    private var returned: [Batch] = []
    /// The least tick of those entries that are behind a later one, and the number of the last such entry.
    private var early: (tick: Int, last: Int)?

    package init() {}

    package var count: Int { returned.reduce(entryCount) { $0 + $1.ends.count } }
    package var isEmpty: Bool { entryCount == 0 && returned.isEmpty }
    /// No touch that is not taken has an earlier tick.
    package var firstTick: Int? {
        let oldest = returned.reduce(early?.tick ?? .max) { min($0, $1.firstTick) }
        return entryCount > 0 ? min(oldest, entry(first).tick) : returned.isEmpty ? nil : oldest
    }
    private var entryCount: Int { end - first }

    /// Bytes of memory that the keys take, roughly.
    package var footprint: Int {
        let index = slots.count * MemoryLayout<UInt32>.stride
        let waiting = blocks.reduce(0) { $0 + $1.bytes.count + $1.entries.count * MemoryLayout<Entry>.stride }
        let back = returned.reduce(0) { $0 + $1.encoded.count + $1.ends.count * 2 * MemoryLayout<Int>.stride }
        return index + waiting + back
    }

    /// Notes a touch. `encoded` is the key as a bulk string. A tick may be earlier than those before: a key that comes
    /// back from elsewhere has been dirty since then.
    package mutating func touch(database: Int, encoded: UnsafeRawBufferPointer, hash: KeyHash, tick: Int) {
        let database = Int32(truncatingIfNeeded: database)
        if let number = find(hash, database, encoded) {
            let (block, index) = place(of: number)
            guard tick < blocks[block].entries[index].tick else { return }
            blocks[block].entries[index].tick = tick
            noteEarly(tick, number)
            return
        }
        enterNext(hash)
        if let last = blocks.last?.entries.last, tick < last.tick { noteEarly(tick, end) }
        if blocks.last?.entries.count ?? Block.size == Block.size { blocks.append(Block()) }
        let block = blocks.count - 1
        blocks[block].bytes.append(contentsOf: encoded)
        let bytesEnd = blocks[block].bytes.count
        blocks[block].entries.append(Entry(hash: hash, tick: tick, end: bytesEnd, database: database))
        if blocks[block].entries.count == Block.size { blocks[block].seal() }
        end += 1
    }

    /// Takes the oldest keys, as many as are of one database, up to `most`; they are no longer dirty.
    package mutating func take(most: Int) -> Batch? {
        guard returned.isEmpty else { return takeReturned(most) }
        guard !isEmpty else { return nil }
        let oldest = entry(first)
        var batch = Batch(database: Int(oldest.database), encoded: [], ends: [], hashes: [], firstTick: oldest.tick)
        while batch.ends.count < most, let block = blocks.first {
            let start = first % Block.size
            let run = block.entries[start...].prefix(most - batch.ends.count).prefix { $0.database == oldest.database }
            guard let last = run.last else { break }
            let shift = batch.encoded.count - block.start(of: start)
            batch.encoded += block.bytes[block.start(of: start)..<last.end]
            batch.ends += run.lazy.map { $0.end + shift }
            batch.hashes += run.lazy.map(\.hash)
            batch.firstTick = run.reduce(batch.firstTick) { min($0, $1.tick) }
            first += run.count
            guard run.endIndex == block.entries.count else { break }
            blocks.removeFirst()
        }
        if isEmpty { self = DirtySet() }
        if let early, early.last < first { self.early = nil }
        return batch
    }

    /// Takes back what was taken and not written, the oldest first: it is dirty again, before all that came later. A key
    /// that was touched since is then in the set twice, and moved twice.
    package mutating func giveBack(_ batches: [Batch]) {
        returned = batches + returned
    }

    /// Every key in the order in which they would be taken, each with its tick; those that were given back with the
    /// first of their batch's.
    package func forEach(_ body: (_ database: Int, _ encoded: UnsafeRawBufferPointer, KeyHash, _ tick: Int) -> Void) {
        for batch in returned {
            batch.encoded.withUnsafeBytes { bytes in
                for (index, end) in batch.ends.enumerated() {
                    let start = index == 0 ? 0 : batch.ends[index - 1]
                    let encoded = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                    body(batch.database, encoded, batch.hashes[index], batch.firstTick)
                }
            }
        }
        for number in first..<end {
            let (block, index) = place(of: number)
            let entry = blocks[block].entries[index]
            blocks[block].bytes.withUnsafeBytes {
                let encoded = UnsafeRawBufferPointer(rebasing: $0[blocks[block].start(of: index)..<entry.end])
                body(Int(entry.database), encoded, entry.hash, entry.tick)
            }
        }
    }

    private mutating func takeReturned(_ most: Int) -> Batch {
        let batch = returned.removeFirst()
        guard batch.ends.count > most else { return batch }
        let (front, rest) = batch.split(at: most)
        returned.insert(rest, at: 0)
        return front
    }

    private mutating func noteEarly(_ tick: Int, _ number: Int) {
        early = (min(tick, early?.tick ?? tick), max(number, early?.last ?? number))
    }
}

// MARK: - Where a key is

extension DirtySet {
    private func place(of number: Int) -> (block: Int, index: Int) {
        (number / Block.size - first / Block.size, number % Block.size)
    }

    private func entry(_ number: Int) -> Entry {
        let (block, index) = place(of: number)
        return blocks[block].entries[index]
    }

    private func find(_ hash: KeyHash, _ database: Int32, _ encoded: UnsafeRawBufferPointer) -> Int? {
        guard !slots.isEmpty else { return nil }
        var slot = Self.slot(of: hash, slots)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if number >= first, isSame(number, hash, database, encoded) { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func isSame(_ number: Int, _ hash: KeyHash, _ database: Int32, _ encoded: UnsafeRawBufferPointer) -> Bool {
        let (block, index) = place(of: number)
        let entry = blocks[block].entries[index]
        guard entry.hash == hash, entry.database == database else { return false }
        return blocks[block].bytes[blocks[block].start(of: index)..<entry.end].elementsEqual(encoded)
    }

    /// Enters the entry that is about to be added.
    private mutating func enterNext(_ hash: KeyHash) {
        if (usedSlots + 1) * 4 > slots.count * 3 { rebuild() }
        Self.enter(hash, end, in: &slots)
        usedSlots += 1
    }

    /// Makes room for as many entries again as there are, without those that were taken, and numbers them from the
    /// start of their block: numbers stay below the slots' 32 bits.
    private mutating func rebuild() {
        let shift = first - first % Block.size
        first -= shift
        end -= shift
        if let last = early?.last { early?.last = last - shift }
        var slots = [UInt32](repeating: 0, count: 16)
        while slots.count < entryCount * 2 { slots.append(contentsOf: repeatElement(0, count: slots.count)) }
        for number in first..<end { Self.enter(entry(number).hash, number, in: &slots) }
        self.slots = slots
        usedSlots = entryCount
    }

    private static func enter(_ hash: KeyHash, _ number: Int, in slots: inout [UInt32]) {
        var slot = Self.slot(of: hash, slots)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt32(number + 1)
    }

    /// The lane takes the highest bits of the hash, so they are the same for all keys here.
    private static func slot(of hash: KeyHash, _ slots: [UInt32]) -> Int {
        Int(truncatingIfNeeded: hash.value) & (slots.count - 1)
    }
}

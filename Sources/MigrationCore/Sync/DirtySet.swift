import RESP

/// The keys of one lane that were touched at the source and have not been read since, in the order of their first
/// touch. A key is in it at most once. Keys lie one after another as they go over the wire (`$len\r\nkey\r\n`), so a
/// batch is one copy.
package struct DirtySet: Sendable {
    private struct Entry {
        var hash: KeyHash
        var tick: Int
        var end: Int
        var database: Int32
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
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    private var head = 0
    /// Entry numbers since the beginning, so that taking entries renumbers nothing.
    private var taken = 0
    private var places: [KeyHash: Int] = [:]
    /// Entries that were touched with a tick before that of their place, by their numbers.
    private var early: [Int: Int] = [:]

    package init() {}

    package var count: Int { entries.count - head }
    package var isEmpty: Bool { count == 0 }
    /// The tick of the oldest touch that is not taken yet.
    package var firstTick: Int? {
        isEmpty ? nil : early.values.reduce(entries[head].tick, min)
    }

    /// Notes a touch. `encoded` is the key as a bulk string. A tick may be earlier than those before: a key that comes
    /// back from elsewhere has been dirty since then.
    package mutating func touch(database: Int, encoded: UnsafeRawBufferPointer, hash: KeyHash, tick: Int) {
        let last = entries.last?.tick ?? tick
        if let place = places[hash], isSame(place, database, encoded) {
            if tick < entries[place - taken + head].tick { early[place] = min(early[place] ?? tick, tick) }
            return
        }
        places[hash] = taken + entries.count - head
        if tick < last { early[taken + entries.count - head] = tick }
        bytes.append(contentsOf: encoded)
        entries.append(Entry(hash: hash, tick: tick, end: bytes.count, database: Int32(truncatingIfNeeded: database)))
    }

    /// Takes the oldest keys, as many as are of one database, up to `most`; they are no longer dirty.
    package mutating func take(most: Int) -> Batch? {
        guard !isEmpty else { return nil }
        let first = entries[head]
        let start = head == 0 ? 0 : entries[head - 1].end
        var batch = Batch(database: Int(first.database), encoded: [], ends: [], hashes: [], firstTick: first.tick)
        var index = head
        while index < entries.count, index - head < most, entries[index].database == first.database {
            batch.ends.append(entries[index].end - start)
            batch.hashes.append(entries[index].hash)
            if !early.isEmpty, let tick = early.removeValue(forKey: taken + index - head) {
                batch.firstTick = min(batch.firstTick, tick)
            }
            if places[entries[index].hash] == taken + index - head { places[entries[index].hash] = nil }
            index += 1
        }
        batch.encoded = Array(bytes[start..<entries[index - 1].end])
        taken += index - head
        head = index
        dropTaken()
        return batch
    }

    /// Takes back what was taken and not written, the oldest first: it is dirty again, before all that came later.
    package mutating func giveBack(_ batches: [Batch]) {
        var rest = self
        self = DirtySet()
        for batch in batches { touch(batch) }
        while let batch = rest.take(most: .max) { touch(batch) }
    }

    private mutating func touch(_ batch: Batch) {
        batch.encoded.withUnsafeBytes { encoded in
            var start = 0
            for (index, end) in batch.ends.enumerated() {
                let key = UnsafeRawBufferPointer(rebasing: encoded[start..<end])
                touch(database: batch.database, encoded: key, hash: batch.hashes[index], tick: batch.firstTick)
                start = end
            }
        }
    }

    /// Bytes of memory that the keys take, roughly.
    package var footprint: Int { bytes.count + count * (MemoryLayout<Entry>.stride + 2 * MemoryLayout<Int>.stride) }

    private func isSame(_ place: Int, _ database: Int, _ encoded: UnsafeRawBufferPointer) -> Bool {
        let index = place - taken + head
        let start = index == 0 ? 0 : entries[index - 1].end
        guard entries[index].database == Int32(truncatingIfNeeded: database) else { return false }
        return bytes[start..<entries[index].end].elementsEqual(encoded)
    }

    private mutating func dropTaken() {
        guard head == entries.count || head > 1024 && head * 2 > entries.count else { return }
        let start = entries[head - 1].end
        bytes.removeFirst(start)
        entries.removeFirst(head)
        for index in entries.indices { entries[index].end -= start }
        head = 0
        if entries.isEmpty {
            // A burst's memory is given back.
            bytes = []
            entries = []
            places = [:]
        }
    }
}

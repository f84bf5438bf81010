import MigrationTestSupport
import RESP
import Testing

@testable import MigrationCore

@Suite struct DirtySetTests {
    struct Key: Hashable {
        var database: Int
        var name: Int

        var encoded: [UInt8] {
            let name = "key-\(name)"
            return Array("$\(name.utf8.count)\r\n\(name)\r\n".utf8)
        }

        func hash(of many: UInt64) -> KeyHash {
            KeyHash(value: (UInt64(database) << 32 | UInt64(name)) % many)
        }
    }

    private static func keys(_ batch: DirtySet.Batch) -> [[UInt8]] {
        var start = 0
        return batch.ends.map { end in
            defer { start = end }
            return Array(batch.encoded[start..<end])
        }
    }

    private static func touch(_ set: inout DirtySet, _ key: Key, tick: Int, hashes: UInt64 = .max) {
        key.encoded.withUnsafeBytes {
            set.touch(database: key.database, encoded: $0, hash: key.hash(of: hashes), tick: tick)
        }
    }

    /// A key that comes back from elsewhere has been dirty since then.
    @Test func anEarlierTickCounts() {
        var set = DirtySet()
        Self.touch(&set, Key(database: 0, name: 1), tick: 10)
        Self.touch(&set, Key(database: 1, name: 2), tick: 5)
        Self.touch(&set, Key(database: 1, name: 3), tick: 12)
        #expect(set.firstTick == 5)
        #expect(set.take(most: 10)?.firstTick == 10)
        #expect(set.firstTick == 5)
        Self.touch(&set, Key(database: 1, name: 3), tick: 3)
        #expect(set.take(most: 1)?.firstTick == 5)
        #expect(set.firstTick == 3)
        #expect(set.take(most: 1)?.firstTick == 3)
        Self.touch(&set, Key(database: 1, name: 3), tick: 13)
        #expect(set.firstTick == 13)
    }

    /// An ordered list beside it: the order of first touches, each key once, one database a batch.
    @Test(arguments: 0..<6)
    func agreesWithAnOrderedList(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        var set = DirtySet()
        var model: [(key: Key, tick: Int)] = []
        for tick in 0..<30_000 {
            // Waves, so that it empties now and then, and now and then holds thousands.
            if generator.chance(tick / 3000 % 2 == 0 ? 3 : 1, in: 5) {
                let key = Key(database: generator.below(20) == 0 ? 1 : 0, name: generator.below(5000))
                Self.touch(&set, key, tick: tick)
                if !model.contains(where: { $0.key == key }) { model.append((key, tick)) }
            } else {
                let most = 1 + generator.below(10)
                let expected = model.prefix(most).prefix { $0.key.database == model[0].key.database }
                let batch = set.take(most: most)
                #expect(batch.map { Self.keys($0) } ?? [] == expected.map(\.key.encoded))
                #expect(batch?.database == expected.first?.key.database)
                #expect(batch?.firstTick == expected.first?.tick)
                #expect(batch?.hashes ?? [] == expected.map { $0.key.hash(of: .max) })
                model.removeFirst(expected.count)
            }
            #expect(set.count == model.count && set.isEmpty == model.isEmpty)
            #expect(set.firstTick == model.first?.tick)
        }
    }

    /// Keys that share a hash may be given twice, but none is ever missed or called safe too early.
    @Test(arguments: [UInt64(1), 2, 7])
    func collisionsLoseNoTouch(hashes: UInt64) {
        var generator = SplitMix64(seed: hashes)
        var set = DirtySet()
        var waiting: [Key: Int] = [:]
        for tick in 0..<20_000 {
            if generator.chance(1, in: 2) {
                let key = Key(database: generator.below(2), name: generator.below(6))
                Self.touch(&set, key, tick: tick, hashes: hashes)
                if waiting[key] == nil { waiting[key] = tick }
            } else if let batch = set.take(most: 1 + generator.below(3)) {
                Self.remove(batch, from: &waiting)
            }
            if let oldest = waiting.values.min() { #expect((set.firstTick ?? .max) <= oldest) }
        }
        while let batch = set.take(most: 100) {
            Self.remove(batch, from: &waiting)
        }
        #expect(waiting.isEmpty)
    }

    private static func remove(_ batch: DirtySet.Batch, from waiting: inout [Key: Int]) {
        for encoded in keys(batch) {
            let key = waiting.keys.first { $0.database == batch.database && $0.encoded == encoded }
            if let key { waiting[key] = nil }
        }
    }

    /// What is given back comes first, as it was or in smaller batches, and is not safe until it is taken again.
    @Test func whatIsGivenBackComesFirst() {
        var set = DirtySet()
        for number in 0..<3000 { Self.touch(&set, Key(database: number < 700 ? 0 : 1, name: number), tick: number + 1) }
        let taken = [set.take(most: 500), set.take(most: 500)].compactMap { $0 }
        #expect(taken.map(\.ends.count) == [500, 200] && set.firstTick == 701)
        Self.touch(&set, Key(database: 0, name: 3), tick: 4000)
        set.giveBack(taken)
        #expect(set.count == 3001 && set.firstTick == 1)
        var names: [[UInt8]] = []
        while let batch = set.take(most: 300) {
            #expect(batch.ends.count <= 300 && batch.hashes.count == batch.ends.count)
            names += Self.keys(batch)
            // Broken again: the oldest that was in flight is in front once more.
            if names.count == 800 {
                set.giveBack([batch])
                names.removeLast(batch.ends.count)
                #expect(set.firstTick == batch.firstTick)
            }
        }
        let keys = (0..<3000).map { Key(database: $0 < 700 ? 0 : 1, name: $0).encoded }
        #expect(names == keys + [Key(database: 0, name: 3).encoded])
        #expect(set.isEmpty && set.firstTick == nil && set.footprint == 0)
    }

    @Test func aTouchAfterTheTakeIsNotForgotten() {
        var set = DirtySet()
        let key = Key(database: 0, name: 1)
        Self.touch(&set, key, tick: 1)
        Self.touch(&set, key, tick: 2)
        #expect(set.take(most: 10)?.firstTick == 1)
        #expect(set.isEmpty && set.firstTick == nil && set.take(most: 10) == nil)
        Self.touch(&set, key, tick: 3)
        #expect(set.take(most: 10)?.firstTick == 3)
    }

    @Test func oneNameInTwoDatabasesIsTwoKeys() {
        var set = DirtySet()
        for database in [0, 1, 0] { Self.touch(&set, Key(database: database, name: 1), tick: database, hashes: 1) }
        #expect(set.count >= 2)
        #expect(set.take(most: 10)?.database == 0)
        #expect(set.take(most: 10)?.database == 1)
    }
}

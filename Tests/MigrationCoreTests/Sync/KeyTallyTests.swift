import MigrationTestSupport
import RESP
import Testing

@testable import MigrationCore

@Suite struct KeyTallyTests {
    typealias Flags = KeyTally.Flags

    /// A plain dictionary beside it, through thousands of operations and many growths.
    @Test(arguments: 0..<6)
    func agreesWithADictionary(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        var tally = KeyTally()
        var model: [KeyHash: Flags] = [:]
        var unsure: Set<KeyHash> = []
        let hashes = Self.hashes(2000, &generator)
        for step in 0..<20_000 {
            let hash = generator.pick(hashes)
            let adding = Flags(rawValue: UInt64(generator.below(8)))
            let removing = Flags(rawValue: UInt64(generator.below(8)))
            tally.set(hash, adding: adding, removing: removing)
            let flags = (model[hash] ?? []).union(adding).subtracting(removing)
            model[hash] = flags
            // A key that is at neither side may be forgotten, and what was seen of it.
            if flags.isDisjoint(with: Self.sides) { unsure.insert(hash) }
            if adding.contains(.seen) && !flags.isDisjoint(with: Self.sides) { unsure.remove(hash) }
            if step % 5000 == 4999 {
                tally.forgetSeen()
                for key in model.keys { model[key]?.remove(.seen) }
            }
            if step % 500 == 0 { expectSame(tally, model, unsure, hashes) }
        }
        expectSame(tally, model, unsure, hashes)
    }

    /// Few segments, neighbouring slots, the hash 0 and the highest one among them.
    private static func hashes(_ count: Int, _ generator: inout SplitMix64) -> [KeyHash] {
        var values: Set<UInt64> = [0, ~31]
        while values.count < count {
            let segment = UInt64(generator.below(3)) << 56
            values.insert(segment | generator.next() >> UInt64(8 + generator.below(40)) & ~31)
        }
        return values.sorted().map { KeyHash(value: $0) }
    }

    private static let sides: Flags = [.atSource, .atTarget]

    private func expectSame(_ tally: KeyTally, _ model: [KeyHash: Flags], _ unsure: Set<KeyHash>, _ hashes: [KeyHash]) {
        #expect(tally.sourceCount == model.values.count { $0.contains(.atSource) })
        #expect(tally.targetCount == model.values.count { $0.contains(.atTarget) })
        let wrong = hashes.filter { hash in
            let expected = model[hash] ?? []
            let found = tally.flags(of: hash).subtracting(.used)
            return found != expected && !(unsure.contains(hash) && found == expected.subtracting(.seen))
        }
        #expect(wrong.isEmpty)
    }

    @Test func aKeyIsWhatItsHashSaysWithoutTheLowBits() {
        var tally = KeyTally()
        tally.set(KeyHash(value: 0x1230), adding: .atSource)
        tally.set(KeyHash(value: 0x123F), adding: .atSource)
        #expect(tally.sourceCount == 1)
        tally.set(KeyHash(value: 0x1260), adding: .atSource)
        #expect(tally.sourceCount == 2)
    }

    @Test func aMillionKeysAreCounted() {
        var generator = SplitMix64(seed: 9)
        var tally = KeyTally()
        let hashes = (0..<1_000_000).map { _ in KeyHash(value: generator.next()) }
        for hash in hashes { tally.set(hash, adding: [.atSource, .atTarget]) }
        #expect(tally.sourceCount == 1_000_000)
        #expect(tally.capacity * 8 <= 32 << 20)
    }

    @Test func aTallyThatForgetsIsEmptyAndKeepsItsRoom() {
        var generator = SplitMix64(seed: 11)
        var tally = KeyTally()
        let hashes = (0..<10_000).map { _ in KeyHash(value: generator.next()) }
        for hash in hashes { tally.set(hash, adding: [.atSource, .atTarget]) }
        let capacity = tally.capacity
        tally.forgetAll()
        #expect(tally.sourceCount == 0 && tally.targetCount == 0)
        #expect(hashes.allSatisfy { tally.flags(of: $0).isEmpty })
        for hash in hashes { tally.set(hash, adding: .atSource) }
        #expect(tally.sourceCount == 10_000 && tally.capacity == capacity)
    }

    @Test func keysThatComeAndGoTakeNoRoom() {
        var generator = SplitMix64(seed: 10)
        var tally = KeyTally()
        for _ in 0..<200_000 {
            let hash = KeyHash(value: generator.next())
            tally.set(hash, adding: [.atSource, .atTarget])
            tally.set(hash, adding: [], removing: [.atSource, .atTarget])
        }
        #expect(tally.sourceCount == 0 && tally.targetCount == 0)
        #expect(tally.capacity <= 16 * 256)
    }
}

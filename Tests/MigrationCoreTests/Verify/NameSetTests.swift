import MigrationCore
import Testing

@Suite struct NameSetTests {
    @Test func tellsNewNamesFromKnownOnes() {
        var set = NameSet()
        var generator = SystemRandomNumberGenerator()
        let names = (0..<20_000).map { _ in generator.next() as UInt64 }
        let first = names.filter { set.insert($0) }
        let second = names.filter { set.insert($0) }
        #expect(first == names)
        #expect(second.isEmpty)
        #expect(set.count == names.count)
        #expect(names.allSatisfy { set.contains($0) })
        #expect(!set.contains(generator.next()))
    }

    @Test func marksStayWhileItGrows() {
        var set = NameSet()
        let first = (1...100).count { set.insert(UInt64($0) << 20) }
        let fresh = (1...50).count { set.mark(UInt64($0) << 20) }
        let more = (101...5000).count { set.insert(UInt64($0) << 20) }
        #expect([first, fresh, more] == [100, 50, 4900])
        let marked = (1...5000).filter { set.isMarked(UInt64($0) << 20) }
        #expect(marked == Array(1...50))
        #expect(set.markedCount == 50)
        let again = [1, 9999].count { set.mark($0 << 20) }
        #expect(again == 0)
    }

    /// 0 marks a free slot and the lowest bit a mark: neither may swallow a name.
    @Test(arguments: [0, 1, .max] as [UInt64]) func extremeHashesAreNames(_ hash: UInt64) {
        var set = NameSet()
        #expect(!set.contains(hash))
        let isNew = set.insert(hash)
        #expect(isNew)
        #expect(set.contains(hash))
        #expect(!set.isMarked(hash))
    }
}

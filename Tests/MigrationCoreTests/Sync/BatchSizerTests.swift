import MigrationCore
import Testing

@Suite struct BatchSizerTests {
    private let fresh = BatchSizer(first: 64, most: 1000, bytes: 1 << 20)

    @Test func growsWhileValuesAreSmall() {
        var sizer = fresh
        var sizes: [Int] = []
        for _ in 0..<6 {
            sizes.append(sizer.size)
            sizer.answered(keys: sizer.size, bytes: sizer.size * 100)
        }
        #expect(sizes == [64, 128, 256, 512, 1000, 1000])
    }

    @Test func staysWithinTheBytes() {
        var sizer = fresh
        for _ in 0..<20 { sizer.answered(keys: sizer.size, bytes: sizer.size * 10_000) }
        #expect(sizer.size == (1 << 20) / 10_000)
    }

    @Test func shrinksAtOnceAndGrowsSlowly() {
        var sizer = fresh
        sizer.answered(keys: 10, bytes: 10 << 20)
        #expect(sizer.size == 1)
        sizer.answered(keys: 1, bytes: 10)
        #expect(sizer.size == 1)
        for _ in 0..<200 { sizer.answered(keys: 1, bytes: 10) }
        #expect(sizer.size == 1000)
    }

    @Test(arguments: [(0, 0), (1, 0), (1, Int(1) << 60), (0, 1 << 60)])
    func isAlwaysWithinItsBounds(keys: Int, bytes: Int) {
        var sizer = BatchSizer(first: 64, most: 10, bytes: 1 << 20)
        for _ in 0..<100 { sizer.answered(keys: keys, bytes: bytes) }
        #expect((1...10).contains(sizer.size))
    }
}

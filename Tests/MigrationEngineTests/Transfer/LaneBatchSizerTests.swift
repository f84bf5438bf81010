import Testing

@testable import MigrationEngine

@Suite struct LaneBatchSizerTests {
    @Test func growsWhileValuesAreSmall() {
        var sizer = LaneBatchSizer(most: 1000)
        var sizes: [Int] = []
        for _ in 0..<6 {
            sizes.append(sizer.keys)
            sizer.observe(keys: sizer.keys, bytes: sizer.keys * 100)
        }
        #expect(sizes == [64, 128, 256, 512, 1000, 1000])
    }

    @Test func shrinksAtOnceAndGrowsSlowly() {
        var sizer = LaneBatchSizer(most: 1000)
        sizer.observe(keys: 10, bytes: 10 << 20)
        #expect(sizer.keys == 1)
        sizer.observe(keys: 1, bytes: 10)
        #expect(sizer.keys == 1)
        for _ in 0..<200 { sizer.observe(keys: 1, bytes: 10) }
        #expect(sizer.keys == 1000)
    }

    @Test(arguments: [(0, 0), (1, 0), (1, Int(1) << 60), (0, 1 << 60)])
    func isAlwaysWithinItsBounds(keys: Int, bytes: Int) {
        var sizer = LaneBatchSizer(most: 10)
        for _ in 0..<100 { sizer.observe(keys: keys, bytes: bytes) }
        #expect((1...10).contains(sizer.keys))
    }
}

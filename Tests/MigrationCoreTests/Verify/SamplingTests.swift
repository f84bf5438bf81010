import MigrationCore
import Testing

@Suite struct SamplingTests {
    /// Each of 100 elements should be kept in about a tenth of 3,000 draws; 200 is over 6 standard deviations away.
    @Test func everyElementHasTheSameChance() {
        var generator = SystemRandomNumberGenerator()
        var kept = Array(repeating: 0, count: 100)
        for _ in 0..<3000 {
            var reservoir = Reservoir<Int>(capacity: 10)
            for element in 0..<100 { reservoir.offer(element, using: &generator) }
            #expect(Set(reservoir.elements).count == 10)
            for element in reservoir.elements { kept[element] += 1 }
        }
        #expect(kept.allSatisfy { (200...400).contains($0) })
    }

    @Test func aReservoirKeepsAllThatIsFewer() {
        var generator = SystemRandomNumberGenerator()
        var reservoir = Reservoir<Int>(capacity: 5)
        for element in 0..<3 { reservoir.offer(element, using: &generator) }
        #expect(reservoir.elements == [0, 1, 2])
        var none = Reservoir<Int>(capacity: 0)
        none.offer(1, using: &generator)
        #expect(none.elements.isEmpty)
    }
}

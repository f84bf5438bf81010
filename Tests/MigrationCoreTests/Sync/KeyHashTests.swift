import RESP
import Testing

@testable import MigrationCore

@Suite struct KeyHashTests {
    private func hash(_ key: String, _ database: Int = 0) -> KeyHash {
        Array(key.utf8).withUnsafeBytes { KeyHash(database: database, key: $0) }
    }

    @Test func isOfTheKeyAndItsDatabase() {
        #expect(hash("a") == hash("a"))
        #expect(hash("a") != hash("b"))
        #expect(hash("a") != hash("a", 1))
        #expect(hash("") == hash(""))
    }

    @Test(arguments: [1, 2, 3, 64])
    func everyLaneGetsItsShare(lanes: Int) {
        var counts = [Int](repeating: 0, count: lanes)
        for number in 0..<10_000 { counts[hash("key:\(number)").lane(of: lanes)] += 1 }
        let share = 10_000 / lanes
        #expect(counts.allSatisfy { $0 > share / 2 && $0 < share * 2 })
    }
}

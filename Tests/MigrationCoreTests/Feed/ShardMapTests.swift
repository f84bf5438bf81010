import Foundation
import Testing

@testable import MigrationCore

@Suite struct ShardMapTests {
    @Test func everyShardMustHaveComeAsFar() {
        let wanted: ShardOffsets = ["a": 5, "b": 9]
        #expect((["a": 6, "b": 9] as ShardOffsets).haveReached(wanted))
        #expect(!(["a": 6, "b": 8] as ShardOffsets).haveReached(wanted))
        #expect(!(["a": 4, "b": 10] as ShardOffsets).haveReached(wanted))
    }

    /// Of a shard that is not there nothing is known.
    @Test func aMissingShardHasReachedNothing() {
        let wanted: ShardOffsets = ["a": 5, "b": 5]
        let others: [ShardOffsets] = [[:], ["a": 5], ["a": 5, "b": 5, "c": 5], ["a": 5, "c": 5]]
        for reached in others { #expect(!reached.haveReached(wanted), "\(reached)") }
        #expect(!ShardOffsets().haveReached(["a": 0]))
        #expect(!ShardOffsets().haveReached([:]))
        #expect(!(["a": 5] as ShardOffsets).haveReached([:]))
    }

    @Test func positionsAreTakenByTheirShard() {
        let positions: ShardPositions = ["a": FeedPosition(replicationID: "x", offset: 7, database: 0)]
        #expect(positions.offsets.haveReached(["a": 7]))
        #expect(!positions.offsets.haveReached(["a": 8]) && !positions.offsets.haveReached(["b": 7]))
    }

    @Test func theLagIsThatOfAllShards() {
        let told: ShardOffsets = ["a": 5, "b": 9]
        #expect(told.behind(["a": 8, "b": 9]) == 3)
        #expect(told.behind(["a": 8, "b": 10, "c": 100]) == 4, "a shard that is new has nothing to be behind")
        #expect(told.behind(["a": 1, "b": 9]) == 0)
        #expect(told.sum == 14)
    }

    @Test func itStandsInTheJournalByItsShardsNames() throws {
        let offsets: ShardOffsets = ["7f3a": 12, "standalone": 1 << 52]
        let data = try MigrationJSON.encoder().encode(offsets)
        #expect(String(decoding: data, as: UTF8.self) == #"{"7f3a":12,"standalone":4503599627370496}"#)
        #expect(try MigrationJSON.decoder().decode(ShardOffsets.self, from: data) == offsets)
    }

    /// A journal of before: one server, and a list.
    @Test func aListIsThatOfAStandaloneServer() throws {
        func read(_ text: String) throws -> ShardOffsets {
            try MigrationJSON.decoder().decode(ShardOffsets.self, from: Data(text.utf8))
        }
        #expect(try read("[12]") == [.standalone: 12])
        #expect(try read("[]").isEmpty)
        #expect(throws: (any Error).self) { try read("12") }
        #expect(throws: (any Error).self) { try read(#"{"a":"x"}"#) }
    }
}

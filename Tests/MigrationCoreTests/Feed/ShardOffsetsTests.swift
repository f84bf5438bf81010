import MigrationCore
import Testing

@Suite struct ShardOffsetsTests {
    @Test func everyShardMustHaveComeAsFar() {
        #expect(ShardOffsets.have([5], reached: [5]) && ShardOffsets.have([6, 9], reached: [5, 9]))
        #expect(!ShardOffsets.have([4], reached: [5]) && !ShardOffsets.have([6, 8], reached: [5, 9]))
    }

    /// Of a shard that is not there nothing is known.
    @Test func aMissingShardHasReachedNothing() {
        for reached in [[], [5], [5, 5, 5]] { #expect(!ShardOffsets.have(reached, reached: [5, 5]), "\(reached)") }
        #expect(!ShardOffsets.have([], reached: [0]))
        #expect(!ShardOffsets.have([Int](), reached: []))
        #expect(!ShardOffsets.have([5], reached: []))
    }

    @Test func positionsAreTakenByTheirShard() {
        let position = FeedPosition(replicationID: "a", offset: 7, database: 0)
        #expect(ShardOffsets.have([0: position], reached: [7]))
        #expect(!ShardOffsets.have([0: position], reached: [8]) && !ShardOffsets.have([1: position], reached: [7]))
        #expect(!ShardOffsets.have([0: position], reached: [7, 7]))
        #expect(!ShardOffsets.have([Int: FeedPosition](), reached: []))
    }
}

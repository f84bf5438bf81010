/// How far the shards of a server's stream have come, compared in one place.
package enum ShardOffsets {
    /// Whether every shard has come as far as is wanted of it. No where a shard is missing on either side, and where
    /// there is none at all: nothing is known of it.
    package static func have(_ reached: [Int], reached wanted: [Int]) -> Bool {
        !wanted.isEmpty && reached.count == wanted.count && zip(reached, wanted).allSatisfy { $0 >= $1 }
    }

    /// The same of positions by their shard's number.
    package static func have(_ reached: [Int: FeedPosition], reached wanted: [Int]) -> Bool {
        have(wanted.indices.compactMap { reached[$0]?.offset }, reached: wanted)
    }
}

/// Which feed positions are safe: every key touched up to there has been written to the target.
///
/// Touches are numbered by ticks across all shards. A mark says that a shard's feed stood at a position when the tick
/// was reached; once every touch up to the tick is written, so is everything up to the position.
package struct PositionLedger: Sendable {
    private struct Mark {
        var tick: Int
        var shard: ShardID
        var position: FeedPosition
    }

    /// Fewer marks only make the safe position lag a little more, so their number is bounded.
    private static let mostMarks = 4096

    private var marks: [Mark] = []
    package private(set) var safe = ShardPositions()

    package init() {}

    /// A feed begins, or begins again: what it will tell lies behind this position.
    package mutating func begin(shard: ShardID, at position: FeedPosition) {
        marks.removeAll { $0.shard == shard }
        safe[shard] = position
    }

    package mutating func mark(tick: Int, shard: ShardID, position: FeedPosition) {
        if let last = marks.last, last.tick == tick, last.shard == shard { marks.removeLast() }
        marks.append(Mark(tick: tick, shard: shard, position: position))
        if marks.count > Self.mostMarks { thin() }
    }

    /// Every touch before `tick` is written.
    package mutating func advance(writtenBefore tick: Int) {
        let count = marks.prefix { $0.tick < tick }.count
        guard count > 0 else { return }
        for mark in marks[..<count] { safe[mark.shard] = mark.position }
        marks.removeFirst(count)
    }

    /// Drops every second mark of each shard, keeping the newest.
    private mutating func thin() {
        var keep: [ShardID: Bool] = [:]
        marks = marks.reversed().filter { mark in
            keep[mark.shard, default: false].toggle()
            return keep[mark.shard] == true
        }.reversed()
    }
}

/// One shard of a side, by a name that it keeps whoever its primary is. A standalone server is one shard.
package struct ShardID: Hashable, Comparable, Sendable {
    package let name: String

    package static let standalone = ShardID("standalone")

    package init(_ name: String) {
        self.name = name
    }

    package static func < (left: ShardID, right: ShardID) -> Bool { left.name < right.name }
}

/// A value for each shard of a side.
package struct ShardMap<Value: Sendable>: Sendable {
    private var values: [ShardID: Value]

    package init(_ values: [ShardID: Value] = [:]) {
        self.values = values
    }

    package subscript(shard: ShardID) -> Value? {
        get { values[shard] }
        set { values[shard] = newValue }
    }

    package var isEmpty: Bool { values.isEmpty }
    package var shards: Set<ShardID> { Set(values.keys) }

    /// In the order of the shards' names.
    package var sorted: [(shard: ShardID, value: Value)] {
        values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    package func mapValues<Other>(_ transform: (Value) -> Other) -> ShardMap<Other> {
        ShardMap<Other>(values.mapValues(transform))
    }
}

extension ShardID: ExpressibleByStringLiteral {
    package init(stringLiteral name: String) { self.init(name) }
}

extension ShardMap: Equatable where Value: Equatable {}

extension ShardMap: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (ShardID, Value)...) {
        values = Dictionary(elements) { $1 }
    }
}

/// How far each shard's stream has come.
package typealias ShardOffsets = ShardMap<Int>
/// Where each shard's feed can be taken up again.
package typealias ShardPositions = ShardMap<FeedPosition>

extension ShardMap<Int> {
    /// Whether every shard has come as far as is wanted of it. No where a shard is missing on either side, and where
    /// there is none at all: nothing is known of it.
    package func haveReached(_ wanted: ShardOffsets) -> Bool {
        guard !wanted.isEmpty, values.count == wanted.values.count else { return false }
        return wanted.values.allSatisfy { shard, offset in self[shard].map { $0 >= offset } ?? false }
    }

    /// How far these are behind others, all shards together; of a shard that is missing nothing is reckoned.
    package func behind(_ others: ShardOffsets) -> Int {
        others.values.reduce(0) { sum, other in sum + max(0, other.value - (self[other.key] ?? other.value)) }
    }

    /// It grows whenever one of them does.
    package var sum: Int { values.values.reduce(0, +) }
}

extension ShardMap<FeedPosition> {
    package var offsets: ShardOffsets { mapValues(\.offset) }
}

/// An object with a member for each shard. Journals of before have a list, which is that of a standalone server.
extension ShardMap: Codable where Value: Codable {
    package init(from decoder: any Decoder) throws {
        if let list = try? decoder.singleValueContainer().decode([Value].self) {
            self.init(list.first.map { [.standalone: $0] } ?? [:])
            return
        }
        let named = try decoder.singleValueContainer().decode([String: Value].self)
        self.init(Dictionary(named.map { (ShardID($0.key), $0.value) }) { $1 })
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(values.map { ($0.key.name, $0.value) }) { $1 })
    }
}

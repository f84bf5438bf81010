import MigrationCore
import RESP

/// Digests a collection page by page. Lists and sorted sets (in the order of their ranks) have an order; sets and
/// hashes are summed, so that the order in which a server tells them does not matter.
struct ElementDigest {
    enum Kind {
        case list, set, hash, sortedSet

        /// Replies that make up one element.
        var width: Int { self == .list || self == .set ? 1 : 2 }
        var isOrdered: Bool { self == .list || self == .sortedSet }
    }

    private(set) var count = 0
    private let kind: Kind
    private var ordered = ValueHasher()
    private var sum = Digest128.zero

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// False where the page is not what the type's command answers.
    mutating func take(_ page: [RESPValue]) -> Bool {
        let page = Self.flattened(page)
        guard page.count % kind.width == 0 else { return false }
        for index in stride(from: 0, to: page.count, by: kind.width) {
            guard take(page[index], kind.width == 2 ? page[index + 1] : nil) else { return false }
        }
        return true
    }

    var part: ValueSummary.Part {
        let name = kind == .list ? "elements" : kind == .hash ? "fields" : "members"
        return ValueSummary.Part(name, shown: "\(count)", digest: kind.isOrdered ? ordered.digest() : sum)
    }

    private mutating func take(_ first: RESPValue, _ second: RESPValue?) -> Bool {
        count += 1
        if kind.isOrdered { return Self.add(kind, first, second, to: &ordered) }
        var hasher = ValueHasher()
        guard Self.add(kind, first, second, to: &hasher) else { return false }
        sum.add(hasher.digest())
        return true
    }

    private static func add(
        _ kind: Kind,
        _ first: RESPValue,
        _ second: RESPValue?,
        to hasher: inout ValueHasher
    ) -> Bool {
        guard let element = first.bytes else { return false }
        hasher.add(element)
        switch kind {
        case .list, .set: break
        case .hash:
            guard let value = second?.bytes else { return false }
            hasher.add(value)
        case .sortedSet:
            guard let score = second?.number else { return false }
            hasher.add(bits(score))
        }
        return true
    }

    /// Redis itself keeps -0 in a skiplist and forgets its sign in a listpack, so the two zeros are the same score.
    private static func bits(_ score: Double) -> UInt64 {
        score == 0 ? 0 : score.bitPattern
    }

    /// RESP3 tells members and scores as pairs in arrays of their own.
    private static func flattened(_ page: [RESPValue]) -> [RESPValue] {
        guard case .array? = page.first else { return page }
        return page.flatMap { $0.elements ?? [$0] }
    }
}

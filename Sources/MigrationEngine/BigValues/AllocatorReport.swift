import MigrationCore
import RESP

/// What the source's allocator knows of large allocations. A string is one allocation, so where none is as large as the
/// limit, no string is: known for a millisecond's work, whatever the number of keys. Asking each key for its size would
/// make a scan of small strings half as fast again.
///
/// `MEMORY MALLOC-STATS` is jemalloc's own report (`malloc_stats_print`); the tables of the keyspace, which are large
/// too, are recognised by `MEMORY STATS`. Whatever is not understood proves nothing.
struct AllocatorReport: Equatable, Sendable {
    static let commands = [
        RedisCommand("MULTI"), RedisCommand("INFO", "keyspace"), RedisCommand("MEMORY", "STATS"),
        RedisCommand("MEMORY", "MALLOC-STATS"), RedisCommand("EXEC"),
    ]
    /// Allocations by their size in bytes, from 1 MB on.
    var large: [Int: Int]
    /// Bytes of the keyspace's tables.
    var tables: [Int]

    init(large: [Int: Int], tables: [Int]) {
        self.large = large
        self.tables = tables
    }

    /// The replies to `commands`; nil where they prove nothing.
    init?(_ replies: [RESPValue]) {
        guard let results = replies.last?.elements, results.count == 3, let keyspace = results[0].text,
            let text = results[2].text, let large = Self.large(text)
        else { return nil }
        self.large = large
        tables = ServerInfo(keyspace).databases.flatMap { Self.tables(results[1], $0.number, keys: $0.keys) }
    }

    /// No string takes as many bytes as the limit. Each table explains one allocation of its own size.
    func hasOnlySmallStrings(below limit: Int) -> Bool {
        // The size of a value counts its name and its headers too, so its allocation is a little smaller.
        let least = limit / 4 * 3
        guard least >= 1 << 20 else { return false }
        var unexplained = large.filter { $0.key >= least && $0.value > 0 }
        for table in tables where unexplained[table] != nil { unexplained[table, default: 0] -= 1 }
        return unexplained.values.allSatisfy { $0 <= 0 }
    }

    /// The lines between `large:` and the next section: size, ..., and at their end the number of allocations.
    private static func large(_ text: String) -> [Int: Int]? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true).map { $0.split(separator: " ") }
        let header = lines.firstIndex { $0.first == "large:" && $0.dropFirst().first == "size" }
        guard let header, lines[header].last == "curlextents" else { return nil }
        var large: [Int: Int] = [:]
        for line in lines[(header + 1)...] {
            if line == ["---"] { continue }
            guard let size = line.first.flatMap({ Int($0) }) else { break }
            guard let count = line.last.flatMap({ Int($0) }) else { return nil }
            if size >= 1 << 20 { large[size] = count }
        }
        return large
    }

    /// Bytes of a database's two tables. `MEMORY STATS` tells 40 bytes for each key beside them (Redis 6.2 and 7.0
    /// object.c, getMemoryOverheadData); a table is a power of two, and while it grows there are two.
    private static func tables(_ stats: RESPValue, _ number: Int, keys: Int) -> [Int] {
        guard let database = stats["db.\(number)"] else { return [] }
        let main = (database["overhead.hashtable.main"]?.integer ?? 0) - keys * 40
        return [main].filter { $0 > 0 && $0.nonzeroBitCount == 1 }
    }
}

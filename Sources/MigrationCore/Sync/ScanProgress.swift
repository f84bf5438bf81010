/// How much of the keyspace SCAN has covered.
///
/// A cursor is a counter whose bits are reversed (Redis dict.c, dictScan): bit 0 is worth one half of the table, bit 1
/// a quarter, and so on, whatever the table's size. Read that way it is the share that lies behind.
package struct ScanProgress: Equatable, Sendable {
    private struct Database: Equatable {
        var size: Int
        var covered: Double = 0
    }

    private var databases: [Int: Database] = [:]
    private var keysFound = 0
    private var highest = 0.0

    package init(sizes: [Int: Int]) {
        databases = sizes.mapValues { Database(size: max($0, 1)) }
    }

    package static func coverage(ofCursor cursor: UInt64) -> Double {
        var value = cursor
        var reversed: UInt64 = 0
        for _ in 0..<64 {
            reversed = reversed << 1 | value & 1
            value >>= 1
        }
        return Double(reversed) / 18_446_744_073_709_551_616.0
    }

    /// A page came: `cursor` is the server's next one, 0 when the database is done.
    package mutating func advance(database: Int, cursor: UInt64, found: Int) {
        keysFound += found
        let covered = cursor == 0 ? 1 : Self.coverage(ofCursor: cursor)
        // A table that grows in the middle of a scan must not turn progress back.
        let before = databases[database]?.covered ?? 0
        databases[database]?.covered = max(before, covered)
        let total = databases.values.reduce(0) { $0 + $1.size }
        let done = databases.values.reduce(0.0) { $0 + Double($1.size) * $1.covered }
        highest = max(highest, total == 0 ? 1 : min(1, done / Double(total)))
    }

    /// 0 to 1; 0 as long as it is not known what there is to scan.
    package var fraction: Double { highest }

    package var isDone: Bool { databases.values.allSatisfy { $0.covered >= 1 } }

    /// Keys of the tenant, judged by those found in the part that is covered; exact once the scan is done.
    package var estimatedKeys: Int {
        isDone || fraction <= 0 ? keysFound : Int((Double(keysFound) / fraction).rounded())
    }
}

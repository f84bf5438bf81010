import MigrationCore

/// A scan of databases in which no key has an expiry: asking each key for one would be a third of the source's work.
///
/// `INFO keyspace` says so (`expires=0`) for the moment when it is asked, and touches are noted from before that. A key
/// that is given an expiry later is touched, and touched keys are always asked, by the feed's own transfer. The scan
/// must only not overwrite such a key afterwards without its expiry: so a scanned key that was touched before its
/// request is sent is asked too. A touch that comes later is transferred behind the scan, in the same lane.
struct ExpiryFreeScan {
    /// Past so many touched keys the memory for them is worth more than the work saved.
    static let mostTouched = 100_000

    /// Empty as long as they are not known.
    var databases: Set<Int> = []
    /// No string was above the limit for big values at a moment since the touches are noted: the same reasoning spares
    /// the question for each key's size, which would cost as much again.
    var hasSmallStrings = false
    private(set) var touched: Set<KeyHash> = []

    /// False where it can no longer be kept up.
    mutating func touch(_ hash: KeyHash) -> Bool {
        touched.insert(hash)
        return touched.count <= Self.mostTouched
    }

    /// The keys that need not be asked for their expiry, and those that must be.
    func split(_ batch: KeyBatch) -> (free: KeyBatch, asked: KeyBatch) {
        var free = KeyBatch(database: batch.database, origin: batch.origin)
        let isFree = databases.contains(batch.database)
        guard isFree || hasSmallStrings else { return (free, batch) }
        free.indivisible = batch.indivisible
        var asked = free
        if touched.isEmpty {
            free = batch
        } else {
            for index in 0..<batch.count {
                if touched.contains(batch.hashes[index]) {
                    asked.append(from: batch, index: index)
                } else {
                    free.append(from: batch, index: index)
                }
            }
        }
        free.asksExpiry = !isFree
        free.sizes = hasSmallStrings ? .smallStrings : .unknown
        return (free, asked)
    }
}

import MigrationCore
import RESP

/// Some of the tenant's keys in one database of the source, and how many there may be.
struct KeySample: Sendable {
    struct Key: Sendable {
        let name: ByteString
        /// As TYPE says it.
        var type = ""
        /// Of memory, by MEMORY USAGE; nil where the server does not say.
        var bytes: Int?
    }

    let database: Int
    var keys: [Key] = []
    /// The tenant's keys in the database.
    var estimate = 0
    /// Whether all of the database was looked at.
    var isExact = false
    /// Names looked at, and how long that took.
    var scanned = 0
    var scanSeconds = 0.0
    /// All keys of the database, whoever's.
    let databaseKeys: Int
    /// False where time ran out before a key of the tenant was met.
    var isComplete = true

    init(database: Int, keys: Int) {
        self.database = database
        databaseKeys = keys
    }

    /// Mean memory of a key in bytes; nil where none is known.
    var meanBytes: Double? {
        let sizes = keys.compactMap(\.bytes)
        return sizes.isEmpty ? nil : Double(sizes.reduce(0, +)) / Double(sizes.count)
    }

    /// How long all the names of the database take.
    var fullScanSeconds: Double {
        scanned > 0 ? scanSeconds / Double(scanned) * Double(databaseKeys) : 0
    }
}

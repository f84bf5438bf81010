/// What has to be done before source and target can be called in sync; what is larger includes what is smaller.
package enum SyncExtent: String, Codable, Comparable, Sendable {
    /// The target holds nothing of the tenant's: every key of the source is copied.
    case fresh
    /// Each key at the target is equal or known to be dirty: names are compared, and only what is missing is copied.
    case missing
    /// What the target holds may be old: every key is copied again, and what the source lacks is removed.
    case everything

    package static func < (left: SyncExtent, right: SyncExtent) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .fresh: 0
        case .missing: 1
        case .everything: 2
        }
    }
}

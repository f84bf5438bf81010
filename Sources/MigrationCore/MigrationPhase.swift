/// Where a migration stands; the spelling is the same in the journal, the status and the metrics.
package enum MigrationPhase: String, Codable, CaseIterable, Sendable {
    case preparing
    case initialSync = "initial_sync"
    case liveSync = "live_sync"
    case cutover
    /// Traffic is switched; the verification across the switch runs.
    case cleanup
    case completed
    case paused
    case failed
    case cancelled
    /// The tenant was moved by another migration: this one touches nothing any more.
    case superseded

    /// Nothing more can happen: one that has failed may be resumed.
    package var isOver: Bool { self == .completed || self == .cancelled || self == .superseded }

    /// Nothing more will happen by itself.
    package var isFinal: Bool {
        switch self {
        case .completed, .failed, .cancelled, .superseded: true
        case .preparing, .initialSync, .liveSync, .cutover, .cleanup, .paused: false
        }
    }
}

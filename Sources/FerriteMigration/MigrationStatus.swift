import FoundationEssentials
import MigrationCore

/// A migration that has begun.
public struct Migration: Sendable, Equatable, Identifiable {
    /// `mig_` and ten hexadecimal digits; the command `ferrite-migrate` knows it by the same name.
    public let id: String
    public let tenant: String
}

/// Where a migration stands.
public enum MigrationPhase: String, Sendable, CaseIterable {
    /// Both servers are asked, the tenant's users are copied.
    case preparing
    /// Every key is copied once, and those that change meanwhile again.
    case initialSync = "initial_sync"
    /// The target follows the source. Only now a cutover is possible.
    case liveSync = "live_sync"
    case cutover
    /// Traffic is switched; both sides are compared.
    case cleanup
    case completed
    case paused
    case failed
    case cancelled
    /// Another migration has moved the tenant: this one touches nothing any more.
    case superseded

    /// Nothing more will happen by itself.
    public var isFinal: Bool {
        switch self {
        case .completed, .failed, .cancelled, .superseded: true
        case .preparing, .initialSync, .liveSync, .cutover, .cleanup, .paused: false
        }
    }

    init(_ phase: MigrationCore.MigrationPhase) {
        switch phase {
        case .preparing: self = .preparing
        case .initialSync: self = .initialSync
        case .liveSync: self = .liveSync
        case .cutover: self = .cutover
        case .cleanup: self = .cleanup
        case .completed: self = .completed
        case .paused: self = .paused
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .superseded: self = .superseded
        }
    }
}

/// A migration at one instant.
public struct MigrationStatus: Sendable, Equatable {
    public let id: String
    public let tenant: String
    /// `host:port`.
    public let source: String
    public let target: String
    public let phase: MigrationPhase
    /// Percent of the initial copy that is done, 0 to 100; it never goes back, and is 100 once every key of
    /// the tenant has been copied.
    public let progress: Double
    public let keysSynced: Int
    /// Estimated from the part that was looked at, and exact from `liveSync` on.
    public let keysTotal: Int
    /// Keys that have changed at the source and are not at the target yet.
    public let lagKeys: Int
    /// Bytes of the source's change stream that were not looked at yet; nil where that is not known.
    public let lagBytes: Int?
    /// When every key will have been copied once; nil when unknown.
    public private(set) var estimatedCompletion: Date?
    public let startedAt: Date
    public private(set) var updatedAt: Date
    /// After the cutover.
    public let downtimeMilliseconds: Double?
    public let keysMigrated: Int?
    /// What the comparison across the switch found.
    public let verification: Verification?
    /// Why it failed, or why the last cutover did not happen.
    public let error: MigrationError?
    /// When a cutover will happen by itself.
    public let scheduledFor: Date?
    /// Why the last scheduled cutover did not happen, in a sentence.
    public let scheduleEnd: String?
    /// The migration that counts in the place of this one, where there is one.
    public internal(set) var supersededBy: String?

    init(_ status: MigrationCore.MigrationStatus) {
        id = status.migrationID
        tenant = status.tenant
        source = status.source
        target = status.target
        phase = MigrationPhase(status.phase)
        progress = status.progress
        keysSynced = status.keysSynced
        keysTotal = status.keysTotal
        lagKeys = status.lagKeys
        lagBytes = status.lagBytes
        estimatedCompletion = status.estimatedCompletion
        startedAt = status.startedAt
        updatedAt = status.updatedAt
        downtimeMilliseconds = status.downtimeMilliseconds
        keysMigrated = status.keysMigrated
        verification = status.verification.map(Verification.init)
        error = status.error.map { MigrationError($0) }
        scheduledFor = status.scheduledFor
        scheduleEnd = status.scheduleEnd
        supersededBy = status.supersededBy
    }
    /// Whether nothing but the time has changed.
    func isSame(as other: MigrationStatus) -> Bool {
        var other = other
        other.updatedAt = updatedAt
        other.estimatedCompletion = estimatedCompletion
        return self == other
    }
}

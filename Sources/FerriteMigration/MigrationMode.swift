import MigrationCore

/// How a tenant moves.
public enum MigrationMode: String, Sendable, CaseIterable {
    /// Its clients go on reading and writing at the source until the cutover.
    case live
    /// Not there yet: refused with `MigrationError.Kind.configuration`.
    case fast
    /// Not there yet: refused with `MigrationError.Kind.configuration`.
    case incremental

    var core: MigrationCore.MigrationMode {
        switch self {
        case .live: .live
        case .fast: .fast
        case .incremental: .incremental
        }
    }
}

/// Which of the tenant's ACL users are made at the target. They can read there at once and write after the cutover.
public enum UserCopy: Sendable {
    /// Those that write the tenant's keys, with their patterns within the tenant's prefix.
    case tenant
    /// The same users, with all of their patterns.
    case all
    case none

    var core: MigrationCore.UserCopy {
        switch self {
        case .tenant: .tenant
        case .all: .all
        case .none: .none
        }
    }
}

/// How changes at the source are noticed.
public enum ChangeFeed: Sendable {
    /// Replication where the source allows it, else keyspace notifications.
    case auto
    /// As a replica does (`PSYNC`).
    case replication
    /// By `notify-keyspace-events`, which is raised for the time of the migration.
    case notifications

    var core: FeedPreference {
        switch self {
        case .auto: .auto
        case .replication: .replication
        case .notifications: .notifications
        }
    }
}

/// One question that is asked of the servers before a migration, and its answer.
package struct ValidationCheck: Codable, Equatable, Sendable {
    /// In the order in which they are printed: the mission's six lines first.
    package enum Name: String, Codable, CaseIterable, Sendable {
        case connectivity
        case authentication
        case capacity
        case versionCompatible = "version_compatible"
        case networkLatency = "network_latency"
        case estimatedDuration = "estimated_duration"
        /// What the two servers are: roles, modes, databases, and that they are two.
        case topology
        case permissions
        /// How changes at the source are noticed.
        case changeFeed = "change_feed"
        case clockSkew = "clock_skew"
        case evictionPolicy = "eviction_policy"
        /// What servers evict by, which does not travel.
        case idleTimes = "idle_times"
        case keysAtSource = "keys_at_source"
        case keysAtTarget = "keys_at_target"
        /// The tenant's users, and whether they can be made at the target.
        case users
        /// Whether a cutover can stop the tenant's writes.
        case fence
        /// Whether the users that change outlive a restart of their server.
        case usersSaved = "users_saved"
        /// What is the server's and no tenant's: functions, search indexes.
        case leftBehind = "left_behind"
    }

    package enum State: String, Codable, Sendable {
        case ok
        case warning
        case fail
        case unknown
    }

    package var name: Name
    package var state: State
    /// What was measured, where that is the answer: `5ms`, `10 minutes`.
    package var value: String?
    /// For a warning or a failure a whole sentence: what, at which server, and what to do next.
    package var reason: String?
    /// With `fail`: what the exit code says.
    package var kind: MigrationFailure.Kind?

    package static func ok(_ name: Name, value: String? = nil, _ reason: String? = nil) -> ValidationCheck {
        ValidationCheck(name: name, state: .ok, value: value, reason: reason, kind: nil)
    }

    package static func warning(_ name: Name, _ reason: String) -> ValidationCheck {
        ValidationCheck(name: name, state: .warning, value: nil, reason: reason, kind: nil)
    }

    package static func unknown(_ name: Name, _ reason: String) -> ValidationCheck {
        ValidationCheck(name: name, state: .unknown, value: nil, reason: reason, kind: nil)
    }

    package static func fail(_ name: Name, _ failure: MigrationFailure) -> ValidationCheck {
        ValidationCheck(name: name, state: .fail, value: nil, reason: failure.message, kind: failure.kind)
    }

    package var failure: MigrationFailure? {
        state == .fail ? MigrationFailure(kind ?? .failed, reason ?? name.rawValue) : nil
    }

    /// As the mission's example prints it: `ok (2GB free, need 1GB)`, `5ms`.
    package var text: String {
        if let value { return value }
        return reason.map { "\(state.rawValue) (\($0))" } ?? state.rawValue
    }
}

/// What `validate` found. It changed nothing that stays, at neither server.
package struct ValidationReport: Codable, Equatable, Sendable {
    package private(set) var checks: [ValidationCheck]
    /// Whether a migration could start: nothing failed. An unknown is no failure.
    package let canStart: Bool

    package init(_ checks: [ValidationCheck]) {
        let order = ValidationCheck.Name.allCases
        self.checks = order.flatMap { name in checks.filter { $0.name == name } }
        canStart = checks.allSatisfy { $0.state != .fail }
    }

    /// The failure that decides the exit code: the one that the others may follow from.
    package var failure: MigrationFailure? {
        let failed = checks.filter { $0.state == .fail }
        let first = failed.min { Self.rank($0.name) < Self.rank($1.name) }
        return first?.failure
    }

    package subscript(name: ValidationCheck.Name) -> ValidationCheck? { checks.first { $0.name == name } }

    private static func rank(_ name: ValidationCheck.Name) -> Int {
        let causes: [ValidationCheck.Name] = [.connectivity, .authentication, .topology, .permissions, .changeFeed]
        return causes.firstIndex(of: name) ?? causes.count
    }

    private enum CodingKeys: String, CodingKey {
        case checks
        case canStart = "can_start"
    }
}

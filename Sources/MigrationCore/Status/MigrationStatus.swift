import FoundationEssentials

/// Why something did not happen, in the words of the exit codes.
package struct MigrationFailure: Codable, Equatable, Sendable, Error {
    package enum Kind: String, Codable, Sendable {
        case failed
        case unreachable
        case notNow = "not_now"
        case refused
        case configuration
        /// A server has no memory left.
        case outOfMemory = "out_of_memory"
        /// The tenant is another migration's by now.
        case superseded
    }

    package var kind: Kind
    /// One line: what failed, at which server, and what to do next. Never a secret.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// It may pass by itself: the same step is tried again later.
    package var mayPass: Bool {
        switch kind {
        case .unreachable, .notNow, .outOfMemory: true
        case .failed, .refused, .configuration, .superseded: false
        }
    }
}

/// A connection or a server that is tried again until it answers.
package struct Reconnection: Codable, Equatable, Sendable {
    /// When it was lost.
    package var since: Date
    /// 1 for the first try.
    package var attempt: Int
    /// What the last one met.
    package var reason: String

    package init(since: Date, attempt: Int = 0, reason: String) {
        self.since = since
        self.attempt = attempt
        self.reason = reason
    }
}

/// Where the tenant's clients can write.
package enum WritableSide: String, Codable, Sendable {
    case source
    /// The source's fence is up, and traffic is not switched yet.
    case neither
    case target
    case both
    /// A fence may be up at the source, and nobody could ask the servers.
    case unknown
}

/// One snapshot of a migration at one instant; text, JSON and metrics all render this.
package struct MigrationStatus: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case migrationID = "migration_id"
        case tenant, source, target, mode, phase, progress
        case keysSynced = "keys_synced"
        case keysTotal = "keys_total"
        case lagKeys = "lag_keys"
        case lagBytes = "lag_bytes"
        case estimatedCompletion = "estimated_completion"
        case feed
        case startedAt = "started_at"
        case updatedAt = "updated_at"
        case downtimeMilliseconds = "downtime_ms"
        case keysMigrated = "keys_migrated"
        case writesRefusedSince = "fenced_at"
        case stragglers = "writes_at_source_since_switch"
        case verification, error, note, reconnecting, cancel, cleanup
        case fenceUpAt = "fence_up_at"
        case measured
        case metricsAddress = "metrics_address"
        case scheduledFor = "scheduled_for"
        case cutoverWindowSeconds = "cutover_window_s"
        case scheduleEnd = "schedule_end"
        case supersededBy = "superseded_by"
        case seenWritable = "seen_writable"
        case parallel
        case batchSize = "batch_size"
        case maxKeysPerSecond = "max_rate_keys"
        case maxBytesPerSecond = "max_bandwidth_bytes"
    }

    package var migrationID: String
    package var tenant: String
    package var source: String
    package var target: String
    package var mode: MigrationMode
    package var phase: MigrationPhase
    /// Percent, 0 to 100; it never goes back.
    package var progress: Double
    package var keysSynced: Int
    package var keysTotal: Int
    package var lagKeys: Int
    /// Nil where the feed counts no bytes.
    package var lagBytes: Int?
    /// Absent when unknown.
    package var estimatedCompletion: Date?
    /// Once attached.
    package var feed: FeedKind?
    package var startedAt: Date
    package var updatedAt: Date
    package var downtimeMilliseconds: Double?
    package var keysMigrated: Int?
    package var writesRefusedSince: Date?
    /// Writes to the tenant's keys that reached the source after the switch; they are never applied to the target.
    package var stragglers: Int?
    package var verification: VerificationReport?
    package var error: MigrationFailure?
    /// A server or connection is being tried again; nil while all is well.
    package var reconnecting: Reconnection?
    package var cancel: CancelReport?
    /// What was removed from the source after the end.
    package var cleanup: CleanupReport?
    /// The server at which a fence may be up although no cutover is under way.
    package var fenceUpAt: String?
    /// What an operator should know beside the phase: `cutover refused: …`, `no worker is running …`.
    package var note: String?
    /// When the scheduled cutover shall begin, and within how many seconds.
    package var scheduledFor: Date?
    package var cutoverWindowSeconds: Int?
    /// Why the last scheduled cutover did not happen.
    package var scheduleEnd: String?
    /// The migration that counts in the place of this one.
    package var supersededBy: String?
    /// What the servers said when they were asked last; nil where they were not asked, or this migration knows better.
    package var seenWritable: WritableSide?

    package mutating func noteSchedule(of machine: MigrationStateMachine) {
        scheduledFor = machine.schedule?.instant
        cutoverWindowSeconds = machine.schedule?.windowSeconds
        scheduleEnd = machine.scheduleEnd?.reason
    }

    /// What metrics show beside all this; nil where an older version has written it.
    package var measured: MigrationMeasurements?
    /// Where the worker answers `/metrics`, as it was bound.
    package var metricsAddress: String?

    /// How much is asked of the servers now; the first two are nil only in what an older version wrote.
    package private(set) var parallel: Int?
    package private(set) var batchSize: Int?
    /// Nil for no limit.
    package private(set) var maxKeysPerSecond: Int?
    package private(set) var maxBytesPerSecond: Int?

    package mutating func show(_ transfer: TransferOptions) {
        (parallel, batchSize) = (transfer.parallel, transfer.batchSize)
        (maxKeysPerSecond, maxBytesPerSecond) = (transfer.maxKeysPerSecond, transfer.maxBytesPerSecond)
    }

    package var writable: WritableSide {
        if let seenWritable { return seenWritable }
        if isSuperseded { return .unknown }
        if downtimeMilliseconds != nil || phase == .cleanup || phase == .completed { return .target }
        if fenceUpAt != nil { return .unknown }
        return writesRefusedSince == nil ? .source : .neither
    }

    /// Whether something is left to do with it: that it goes on, or that the source is cleaned up.
    package var needsSomebody: Bool {
        if isSuperseded { return false }
        return phase == .completed ? cleanup?.isWhole != true : !phase.isOver
    }

    /// Another migration counts: this one touches nothing any more.
    package var isSuperseded: Bool { phase == .superseded || supersededBy != nil }

    package init(plan: MigrationPlan, phase: MigrationPhase = .preparing, at now: Date) {
        self.migrationID = plan.id
        self.tenant = plan.tenant
        self.source = plan.source.address.description
        self.target = plan.target.address.description
        self.mode = plan.mode
        self.phase = phase
        self.progress = 0
        self.keysSynced = 0
        self.keysTotal = 0
        self.lagKeys = 0
        self.startedAt = now
        self.updatedAt = now
        show(plan.transfer)
    }
}

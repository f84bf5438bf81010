/// How the tenant moves.
package enum MigrationMode: String, Codable, CaseIterable, Sendable {
    case live
    case fast
    case incremental
}

/// Which ACL users of the tenant are created at the target, and with which of their key patterns.
package enum UserCopy: String, Codable, CaseIterable, Sendable {
    /// Only the patterns within the tenant's prefix.
    case tenant
    /// Every pattern, also those outside the prefix.
    case all
    case none
}

/// How much is asked of the servers at once.
package struct TransferOptions: Codable, Equatable, Sendable {
    package static let parallelRange = 1...64
    package static let batchSizeRange = 1...100_000
    /// 64 KB to 16 GB. An element is moved whole whatever the limit.
    package static let bigValueRange = 65_536...(16 << 30)
    package static let timeoutRange = 1...(30 * 24 * 3600)
    package static let dirtyBytesRange = 1 << 16...1 << 40
    /// Of what an operator gives: 0 is no limit.
    package static let maxKeysRange = 0...10_000_000
    package static let maxBytesRange = 0...1 << 40
    /// Up to ten years: whoever accepts a difference says how large it may be.
    package static let acceptedSkewRange = 0...(3653 * 86_400)

    /// Lanes, each with one connection to either server.
    package var parallel: Int
    /// Keys asked for at once in a lane, at most; fewer where values are large.
    package var batchSize: Int
    /// Seconds until live_sync must be reached, and for which a server that fails is tried again.
    package var timeoutSeconds: Int
    /// Memory for changed keys that cannot go on, because of a pause or a target that does not answer. Past it the
    /// change feed is given up until they can.
    package var dirtyBytes: Int

    /// Enough for a million keys of usual length.
    package static let defaultDirtyBytes = 96 << 20
    /// Bytes of memory (MEMORY USAGE at the source) from which on a value moves in pieces.
    package var bigValueBytes: Int
    /// Keys that are taken in a second at most; nil for no limit.
    package private(set) var maxKeysPerSecond: Int?
    /// Bytes of values that are moved in a second at most; nil for no limit.
    package private(set) var maxBytesPerSecond: Int?
    /// Seconds by which the servers' clocks may differ; nil for no more than what is borne without a word.
    package private(set) var acceptedSkewSeconds: Int?

    package init(
        parallel: Int = 4,
        batchSize: Int = 1000,
        timeoutSeconds: Int = 3600,
        dirtyBytes: Int = Self.defaultDirtyBytes,
        bigValueBytes: Int = 16 << 20,
        maxKeysPerSecond: Int? = nil,
        maxBytesPerSecond: Int? = nil,
        acceptedSkewSeconds: Int? = nil
    ) throws(PlanError) {
        let pace = try TransferUpdate(
            parallel: parallel,
            batchSize: batchSize,
            maxKeysPerSecond: maxKeysPerSecond,
            maxBytesPerSecond: maxBytesPerSecond,
            acceptedSkewSeconds: acceptedSkewSeconds
        )
        try Self.check("timeout", timeoutSeconds, Self.timeoutRange)
        try Self.check("dirty-limit", dirtyBytes, Self.dirtyBytesRange)
        try Self.check("big-value", bigValueBytes, Self.bigValueRange)
        self.parallel = parallel
        self.batchSize = batchSize
        self.timeoutSeconds = timeoutSeconds
        self.dirtyBytes = dirtyBytes
        self.bigValueBytes = bigValueBytes
        apply(pace)
    }

    package mutating func apply(_ update: TransferUpdate) {
        parallel = update.parallel ?? parallel
        batchSize = update.batchSize ?? batchSize
        if let most = update.maxKeysPerSecond { maxKeysPerSecond = most == 0 ? nil : most }
        if let most = update.maxBytesPerSecond { maxBytesPerSecond = most == 0 ? nil : most }
        if let seconds = update.acceptedSkewSeconds { acceptedSkewSeconds = seconds == 0 ? nil : seconds }
    }

    /// How far the servers' clocks may be apart.
    package var clockTolerance: ClockTolerance { ClockTolerance(acceptedSeconds: acceptedSkewSeconds) }

    static func check(_ option: String, _ value: Int, _ range: ClosedRange<Int>) throws(PlanError) {
        guard range.contains(value) else {
            let allowed = "\(range.lowerBound) to \(range.upperBound)"
            throw .outOfRange(option: option, value: "\(value)", allowed: allowed)
        }
    }
}

/// One end of a migration: where, as whom, and where the password comes from.
package struct ServerPlan: Codable, Equatable, Sendable {
    package var address: ServerAddress
    package var secret: SecretReference?
    /// Where the server may be found after a failover, with the same user and password.
    package var alternatives: [ServerAddress]
    /// Of all its addresses; nil where nothing is encrypted.
    package var tls: TLSPlan?

    package init(
        address: ServerAddress,
        secret: SecretReference? = nil,
        alternatives: [ServerAddress] = [],
        tls: TLSPlan? = nil
    ) {
        self.address = address
        self.secret = secret
        self.alternatives = alternatives
        self.tls = tls
    }
}

/// All that was asked for, checked when made; the first record of the journal. It holds no password.
package struct MigrationPlan: Codable, Equatable, Sendable {
    package static let databaseRange = 0...Int(Int32.max)
    package static let defaultMode = MigrationMode.live
    package static let defaultUserCopy = UserCopy.tenant
    package static let defaultFeed = FeedPreference.auto

    /// `mig_` and ten hexadecimal digits.
    package var id: String
    package var scope: TenantScope
    package var source: ServerPlan
    package var target: ServerPlan
    package var mode: MigrationMode
    /// Nil means every database of the source.
    package var databases: [Int]?
    package var transfer: TransferOptions
    /// Go ahead although the target holds keys of the tenant: what the source does not have is removed there.
    package var replace: Bool
    package var userCopy: UserCopy
    package var feed: FeedPreference
    /// What the source's replication backlog shall hold for the migration's time; nil leaves it as it is.
    package var backlogBytes: Int?

    package static let backlogRange = 16 << 10...1 << 40

    /// What the worker does beside the migration; nil where that is nothing.
    package var worker: WorkerOptions?

    package init(
        id: String = MigrationPlan.makeID(),
        scope: TenantScope,
        source: ServerPlan,
        target: ServerPlan,
        mode: MigrationMode = Self.defaultMode,
        databases: [Int]? = nil,
        transfer: TransferOptions,
        replace: Bool = false,
        userCopy: UserCopy = Self.defaultUserCopy,
        feed: FeedPreference = Self.defaultFeed,
        backlogBytes: Int? = nil,
        worker: WorkerOptions? = nil
    ) throws(PlanError) {
        guard mode == .live else { throw .unsupported("mode \(mode.rawValue)") }
        let sources = [source.address] + source.alternatives
        if let same = sources.first(where: { $0.host == target.address.host && $0.port == target.address.port }) {
            throw .sameServer(same.description)
        }
        try source.tls?.check(side: "source")
        try target.tls?.check(side: "target")
        try Self.check(databases)
        guard backlogBytes.map(Self.backlogRange.contains) ?? true else {
            let range = Self.backlogRange
            let allowed = "\(range.lowerBound) to \(range.upperBound)"
            throw .outOfRange(option: "grow-backlog", value: "\(backlogBytes ?? 0)", allowed: allowed)
        }
        self.id = id
        self.scope = scope
        self.source = source
        self.target = target
        self.mode = mode
        self.databases = databases ?? (source.address.database.map { [$0] })
        self.transfer = transfer
        self.replace = replace
        self.userCopy = userCopy
        self.feed = feed
        self.backlogBytes = backlogBytes
        self.worker = worker
    }

    package var tenant: String { scope.tenant }

    private static func check(_ databases: [Int]?) throws(PlanError) {
        guard let databases else { return }
        guard !databases.isEmpty, databases.allSatisfy(databaseRange.contains) else {
            let value = databases.isEmpty ? "an empty list" : databases.map(String.init).joined(separator: ",")
            let allowed = "\(databaseRange.lowerBound) to \(databaseRange.upperBound)"
            throw .outOfRange(option: "db", value: value, allowed: allowed)
        }
    }

    package static func makeID() -> String {
        let digits = Array("0123456789abcdef")
        return "mig_" + String((0..<10).map { _ in digits[Int.random(in: 0..<16)] })
    }

    /// Whether `text` has the form of an id: nothing else is ever used as a folder's name.
    package static func isID(_ text: String) -> Bool {
        text.hasPrefix("mig_") && text.utf8.count > 4 && text.utf8.count <= 64
            && text.dropFirst(4).utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x7A) }
    }
}

import MigrationCore
import MigrationEngine

/// What a migration depends on, beside the tenant and its target. Everything has a default.
///
/// Ranges are checked by `MigrationManager.migrate`, which throws `MigrationError` of kind `configuration`.
public struct MigrationConfig: Sendable {
    public var mode: MigrationMode
    /// Connections to either server that copy at the same time, 1 to 64.
    public var parallel: Int
    /// Keys that one of them asks for at once at most, 1 to 100 000; fewer where values are large.
    public var batchSize: Int
    /// Seconds within which every key must have been copied once, up to 30 days. Past it the migration fails, and
    /// what was copied stays at the target.
    public var timeoutSeconds: Int
    /// Keys moved in a second at most, up to 10 000 000; nil, or 0, for no limit. In a cutover no limit counts.
    public var maxKeysPerSecond: Int?
    /// Bytes of values moved in a second at most; nil, or 0, for no limit.
    public var maxBytesPerSecond: Int?

    /// Where the tenant is now: `host:port`, or `redis://user@host:port/db`; `rediss://` for TLS. A database in it narrows
    /// the migration.
    public var source: String
    /// The user to log in as at the source; the one in `source`, or the default user, where it is nil.
    public var sourceUsername: String?
    /// Never written anywhere.
    public var sourcePassword: String?
    public var targetUsername: String?
    /// Never written anywhere.
    public var targetPassword: String?
    /// How connections to a `rediss://` source are encrypted; nil for the system's CA certificates and no client
    /// certificate. Refused where the address is not `rediss://`.
    public var sourceTLS: TLSSettings?
    public var targetTLS: TLSSettings?

    /// The databases that move, each into the same number at the target; nil for every one of the source.
    public var databases: [Int]?
    /// Go ahead although the target holds keys of the tenant: those that the source does not have are removed there.
    public var replace: Bool
    /// Refuse a target that has less memory than the tenant needs.
    public var verifyCapacity: Bool
    /// Seconds by which the servers' clocks may be apart; nil for half a second.
    public var acceptedSkewSeconds: Int?
    public var userCopy: UserCopy
    public var feed: ChangeFeed
    /// How a tenant's keys begin; `{tenant_id}` stands for its name, and a character must follow it.
    public var keyPrefixFormat: String

    /// The folder in which migrations are written down. Nil: `FERRITE_MIGRATE_JOURNAL`, else as the command
    /// `ferrite-migrate` does. Only the one in the manager's own configuration counts.
    public var journal: String?
    /// Migrations of one journal that may run at the same time, in whatever processes.
    public var maxConcurrent: Int

    public init(
        mode: MigrationMode = .live,
        parallel: Int = 4,
        batchSize: Int = 1000,
        timeoutSeconds: Int = 3600,
        source: String = "127.0.0.1:6379",
        sourceUsername: String? = nil,
        sourcePassword: String? = nil,
        targetUsername: String? = nil,
        targetPassword: String? = nil,
        databases: [Int]? = nil,
        replace: Bool = false,
        verifyCapacity: Bool = true,
        userCopy: UserCopy = .tenant,
        feed: ChangeFeed = .auto,
        keyPrefixFormat: String = "__tenant:{tenant_id}:",
        journal: String? = nil,
        maxConcurrent: Int = 5,
        maxKeysPerSecond: Int? = nil,
        maxBytesPerSecond: Int? = nil,
        acceptedSkewSeconds: Int? = nil,
        sourceTLS: TLSSettings? = nil,
        targetTLS: TLSSettings? = nil
    ) {
        self.mode = mode
        self.parallel = parallel
        self.batchSize = batchSize
        self.timeoutSeconds = timeoutSeconds
        self.source = source
        self.sourceUsername = sourceUsername
        self.sourcePassword = sourcePassword
        self.targetUsername = targetUsername
        self.targetPassword = targetPassword
        self.databases = databases
        self.replace = replace
        self.verifyCapacity = verifyCapacity
        self.userCopy = userCopy
        self.feed = feed
        self.keyPrefixFormat = keyPrefixFormat
        self.journal = journal
        self.maxConcurrent = maxConcurrent
        self.maxKeysPerSecond = maxKeysPerSecond
        self.maxBytesPerSecond = maxBytesPerSecond
        self.acceptedSkewSeconds = acceptedSkewSeconds
        self.sourceTLS = sourceTLS
        self.targetTLS = targetTLS
    }
}

extension MigrationConfig {
    /// The plan and, apart from it, the passwords.
    func plan(tenant: String, target: String) throws(PlanError) -> (plan: MigrationPlan, endpoints: MigrationEndpoints)
    {
        let source = try Login("source", self.source, username: sourceUsername, password: sourcePassword, sourceTLS)
        let target = try Login("target", target, username: targetUsername, password: targetPassword, targetTLS)
        let plan = try MigrationPlan(
            scope: TenantScope(tenant: tenant, format: keyPrefixFormat),
            source: source.plan,
            target: target.plan,
            mode: mode.core,
            databases: databases,
            transfer: TransferOptions(
                parallel: parallel,
                batchSize: batchSize,
                timeoutSeconds: timeoutSeconds,
                maxKeysPerSecond: maxKeysPerSecond,
                maxBytesPerSecond: maxBytesPerSecond,
                acceptedSkewSeconds: acceptedSkewSeconds
            ),
            replace: replace,
            userCopy: userCopy.core,
            feed: feed.core
        )
        let secrets = WorkerSecrets(
            sourcePassword: source.password,
            targetPassword: target.password,
            sourceKeyPassphrase: sourceTLS?.keyPassphrase,
            targetKeyPassphrase: targetTLS?.keyPassphrase
        )
        return (plan, MigrationEndpoints(plan: plan, secrets: secrets))
    }

    /// For a migration that another process, or an earlier one, has begun.
    var secrets: WorkerSecrets {
        WorkerSecrets(
            sourcePassword: sourcePassword,
            targetPassword: targetPassword,
            sourceKeyPassphrase: sourceTLS?.keyPassphrase,
            targetKeyPassphrase: targetTLS?.keyPassphrase
        )
    }
}

/// One end: what is said in words of its own goes before what stands in the URL.
private struct Login {
    let plan: ServerPlan
    let password: String?

    init(
        _ side: String,
        _ text: String,
        username: String?,
        password: String?,
        _ tls: TLSSettings?
    ) throws(PlanError) {
        let url = try ServerURL(text)
        var address = url.address
        if let username { address.username = username }
        self.password = password ?? url.password
        // Like a password in a URL it lives only as long as this process.
        guard url.isEncrypted == true || tls == nil else {
            throw .invalidTLS("the \(side)'s TLS settings need an address that asks for TLS: write rediss:// before it")
        }
        let encryption = url.isEncrypted == true ? (tls ?? TLSSettings()).core : nil
        plan = ServerPlan(address: address, secret: self.password == nil ? nil : .url, tls: encryption)
    }
}

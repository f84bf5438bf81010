import Foundation
import Logging
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import NIOPosix
import Testing

/// The tests of a migration in progress. One after another: what they measure are pauses and orders of events.
@Suite(.serialized) struct LiveMigration {}

/// A tenant on a real source, a real target with another tenant, neighbours of similar names, and a runner.
struct MigrationStage: Sendable {
    static let tenant = "acme"
    static let user = "acme-app"
    static let password = "s3cret-of-acme"
    static let ownUser = "\(user) on >\(password) ~__tenant:acme:* resetchannels &__tenant:acme:* +@all"
    static let resident = "resident"

    struct Options: Sendable {
        var tenant = MigrationStage.tenant
        var keys = 1000
        var databases = [0]
        var narrowTo: [Int]?
        var sourceVersion = RedisVersion.v7
        var targetVersion = RedisVersion.v7
        var sourceSettings: [String] = []
        var targetSettings: [String] = []
        /// Seconds that the target's clock is ahead.
        var targetClock = 0
        /// Both servers have an ACL file.
        var keepsUsers = false
        /// Lines of ACL SETUSER at the source.
        var users = [MigrationStage.ownUser]
        /// The user that the tool runs as at the source; its password is `pw`.
        var toolUser: String?
        var userCopy = UserCopy.tenant
        var feed = FeedPreference.auto
        var replace = false
        var seeds = true
        var batchSize = 200
        var bigValueBytes = 16 << 20
        var timeoutSeconds = 60
        var dirtyBytes = TransferOptions.defaultDirtyBytes
        var maxKeysPerSecond: Int?
        var maxBytesPerSecond: Int?
        /// The tool goes through proxies, so that a test can act at the right moment.
        var proxied = false
        /// The target is suspended with the first key that it is given: it gets no further than the initial sync.
        var heldTarget = false
        /// What happens between the seeding and the migration's beginning.
        var before: @Sendable (_ source: RedisServer, _ target: RedisServer) throws -> Void = { _, _ in }
    }

    let options: Options
    let source: RedisServer
    let target: RedisServer
    let sourceProxy: ServerProxy?
    let targetProxy: ServerProxy?
    let runner: MigrationRunner
    let journal: String
    /// The target's own tenant as it was in the beginning.
    let residents: KeyspaceDigest
    private let folder: TemporaryFolder

    /// Seeds the servers, starts the runner and calls `body`, which may end the migration or leave it running.
    static func run(
        _ options: Options = Options(),
        _ body: @Sendable (MigrationStage) async throws -> Void
    ) async throws {
        let (source, target) = try await offPool {
            (
                try RedisServer(
                    options.sourceVersion,
                    settings: options.sourceSettings,
                    keepsUsers: options.keepsUsers
                ),
                try RedisServer(
                    options.targetVersion,
                    settings: options.targetSettings,
                    keepsUsers: options.keepsUsers,
                    clockOffset: options.targetClock
                )
            )
        }
        defer {
            source.stop()
            target.stop()
        }
        try await offPool {
            try seed(source, target, options)
            try options.before(source, target)
        }
        try await run(options, source, target, body)
    }

    /// The same with servers that are there already and left as they are.
    static func run(
        _ options: Options,
        _ source: RedisServer,
        _ target: RedisServer,
        _ body: @Sendable (MigrationStage) async throws -> Void
    ) async throws {
        let stage = try MigrationStage(source, target, options)
        if options.heldTarget {
            stage.targetProxy?.before(["SET\r\n"]) {
                target.suspend()
                return .pass
            }
        }
        let life = Task { await stage.runner.run() }
        let result: Result<Void, any Error>
        do {
            try await body(stage)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        source.resume()
        target.resume()
        await stage.runner.stop(signal: "SIGTERM")
        _ = await life.value
        stage.sourceProxy?.stop()
        stage.targetProxy?.stop()
        try result.get()
    }

    private init(_ source: RedisServer, _ target: RedisServer, _ options: Options) throws {
        self.options = options
        self.source = source
        self.target = target
        residents = try KeyspaceDigest(target, tenants: [Self.resident])
        sourceProxy = options.proxied ? try ServerProxy(to: source) : nil
        targetProxy = options.proxied || options.heldTarget ? try ServerProxy(to: target) : nil
        folder = try TemporaryFolder()
        let plan = try Self.plan(options, sourceProxy?.port ?? source.port, targetProxy?.port ?? target.port)
        let reservation = try JournalRoot(path: folder.path).create(plan, maxConcurrent: 5, at: Date())
        journal = reservation.folder.path
        let (journal, contents) = try Journal.open(reservation.folder)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        runner = MigrationRunner(
            journal: journal,
            contents: contents,
            endpoints: MigrationEndpoints(
                plan: plan,
                sourcePassword: options.toolUser.map { _ in "pw" },
                targetPassword: nil
            ),
            group: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
    }

    private static func plan(_ options: Options, _ source: Int, _ target: Int) throws -> MigrationPlan {
        var transfer = try TransferOptions(
            parallel: 3,
            batchSize: options.batchSize,
            timeoutSeconds: options.timeoutSeconds,
            dirtyBytes: options.dirtyBytes,
            maxKeysPerSecond: options.maxKeysPerSecond,
            maxBytesPerSecond: options.maxBytesPerSecond
        )
        // Less than an operator may give makes everything big.
        transfer.bigValueBytes = options.bigValueBytes
        return try MigrationPlan(
            scope: TenantScope(tenant: options.tenant),
            source: ServerPlan(
                address: ServerAddress(host: "127.0.0.1", port: source, username: options.toolUser)
            ),
            target: ServerPlan(address: ServerAddress(host: "127.0.0.1", port: target)),
            databases: options.narrowTo,
            transfer: transfer,
            replace: options.replace,
            userCopy: options.userCopy,
            feed: options.feed
        )
    }

    private static func seed(_ source: RedisServer, _ target: RedisServer, _ options: Options) throws {
        for user in options.users { try source.setUser(user) }
        guard options.seeds else { return }
        var mine = TenantSeed(tenant: options.tenant, keys: options.keys)
        mine.databases = options.databases
        try mine.write(to: source.endpoint)
        for neighbour in TenantSeed.neighbours(of: options.tenant) {
            try TenantSeed(tenant: neighbour, keys: 40).write(to: source.endpoint)
        }
        try TenantSeed(tenant: resident, keys: 200).write(to: target.endpoint)
    }
}

struct StageError: Error {}

/// Runs what blocks its thread beside the few threads that the engine runs on.
func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// Waits until `condition` holds; false when it does not within `seconds`.
func eventually(_ seconds: Double = 15, _ condition: () async throws -> Bool) async throws -> Bool {
    var patience = Patience(seconds)
    while try await !condition() {
        if patience.isOver() { return false }
        try await Task.sleep(for: .milliseconds(5))
    }
    return true
}

/// Time that was spent waiting. A machine that stood still as a whole for a while has taken none of it.
struct Patience {
    private var left: Double
    private var last = MonotonicClock.seconds

    init(_ seconds: Double) { left = seconds }

    /// To be asked again and again.
    mutating func isOver() -> Bool {
        let now = MonotonicClock.seconds
        left -= min(now - last, 0.25)
        last = now
        return left < 0
    }
}

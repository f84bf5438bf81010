import Foundation
import Logging
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import NIOCore
import NIOPosix
import Testing

/// A tenant on a real source, an empty real target, neighbours on both, and a runner between them.
struct MigrationStage: Sendable {
    static let tenant = "acme"
    static let user = "acme-app"
    static let password = "s3cret-of-acme"

    let source: RedisServer
    let target: RedisServer
    let runner: MigrationRunner
    let folder: TemporaryFolder

    struct Options {
        var keys = 3000
        var databases = [0]
        var narrowTo: [Int]?
        var sourceVersion = RedisVersion.v7
        var sourceSettings: [String] = []
        var replace = false
        var userCopy = UserCopy.tenant
        var seeds = true
        var user = true
    }

    /// Seeds the servers, starts the runner, and hands both to `body`.
    static func run(
        _ options: Options = Options(),
        before: (RedisServer, RedisServer) throws -> Void = { _, _ in },
        _ body: @Sendable (MigrationStage) async throws -> Void
    ) async throws {
        let source = try RedisServer(options.sourceVersion, settings: options.sourceSettings)
        let target = try RedisServer(.v7)
        defer {
            source.stop()
            target.stop()
        }
        try seed(source, target, options)
        try before(source, target)
        let stage = try MigrationStage(source, target, options)
        let life = Task { await stage.runner.run() }
        do {
            try await body(stage)
        } catch {
            await stage.runner.stop(signal: "SIGTERM")
            _ = await life.value
            throw error
        }
        await stage.runner.stop(signal: "SIGTERM")
        _ = await life.value
    }

    private init(_ source: RedisServer, _ target: RedisServer, _ options: Options) throws {
        self.source = source
        self.target = target
        folder = try TemporaryFolder()
        let plan = try MigrationPlan(
            scope: TenantScope(tenant: Self.tenant),
            source: ServerPlan(address: ServerAddress(host: "127.0.0.1", port: source.port)),
            target: ServerPlan(address: ServerAddress(host: "127.0.0.1", port: target.port)),
            databases: options.narrowTo,
            transfer: TransferOptions(parallel: 3, batchSize: 200, timeoutSeconds: 60),
            replace: options.replace,
            userCopy: options.userCopy
        )
        let reservation = try JournalRoot(path: folder.path).create(plan, maxConcurrent: 5, at: Date())
        let (journal, _) = try Journal.open(reservation.folder)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        runner = MigrationRunner(
            plan: plan,
            endpoints: MigrationEndpoints(plan: plan, sourcePassword: nil, targetPassword: nil),
            journal: journal,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
    }

    private static func seed(_ source: RedisServer, _ target: RedisServer, _ options: Options) throws {
        if options.user {
            _ = try source.call(
                "ACL",
                "SETUSER",
                user,
                "on",
                ">\(password)",
                "~__tenant:\(tenant):*",
                "&__tenant:\(tenant):*",
                "+@all"
            )
        }
        guard options.seeds else { return }
        var mine = TenantSeed(tenant: tenant, keys: options.keys)
        mine.databases = options.databases
        try mine.write(to: source.endpoint)
        for neighbour in TenantSeed.neighbours(of: tenant) {
            try TenantSeed(tenant: neighbour, keys: 200).write(to: source.endpoint)
        }
        try TenantSeed(tenant: "resident", keys: 200).write(to: target.endpoint)
    }

    /// A client that writes as the tenant's user and goes wherever its writes are taken.
    func writer(_ change: (inout LiveWriter.Options) -> Void = { _ in }) -> LiveWriter {
        var options = LiveWriter.Options()
        change(&options)
        return LiveWriter(
            tenant: Self.tenant,
            at: source.endpoint(user: Self.user, password: Self.password),
            alternative: target.endpoint(user: Self.user, password: Self.password),
            options: options
        )
    }

    /// Waits until the migration is in `phase`; an issue is recorded where it fails or takes too long.
    func wait(for phase: MigrationPhase, seconds: Double = 30) async throws {
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            let status = await runner.status()
            if status.phase == phase { return }
            if status.phase.isFinal {
                Issue.record("ended in \(status.phase): \(status.error?.message ?? "")")
                throw StageError()
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("not in \(phase) after \(seconds) s: \(await runner.status())")
        throw StageError()
    }

    func differences() throws -> [String] {
        try KeyspaceComparison(source, target, tenant: Self.tenant).differences().map(\.description)
    }
}

struct StageError: Error {}

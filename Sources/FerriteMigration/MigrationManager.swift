import FoundationEssentials
import Logging
import MigrationCore
import MigrationEngine

/// Moves tenants within this process: starts migrations, tells how they stand, cuts over and compares.
///
/// A migration ends with the process. What it did is in the journal, where the command `ferrite-migrate status` reads
/// it too.
public actor MigrationManager {
    let config: MigrationConfig
    private let logger: Logger
    let journal: JournalRoot
    private var running: [String: RunningMigration] = [:]
    /// Of every migration that was begun here, with its passwords.
    private var endpoints: [String: MigrationEndpoints] = [:]

    /// - Parameters:
    ///   - config: What holds for migrations that bring no configuration of their own.
    ///   - logger: Told each step; nobody is where it is nil.
    public init(config: MigrationConfig = MigrationConfig(), logger: Logger? = nil) {
        self.config = config
        self.logger = logger ?? Logger(label: "ferrite-migration") { _ in SwiftLogNoOpLogHandler() }
        journal = JournalRoot.location(explicit: config.journal, environment: ProcessInfo.processInfo.environment)
    }

    /// Checks both servers, begins to move the tenant, and returns once the copying has begun.
    ///
    /// - Parameters:
    ///   - tenant: The name that stands in the tenant's keys.
    ///   - target: `host:port`, or `redis://user:password@host:port`.
    ///   - config: Instead of the manager's own.
    /// - Throws: `configuration` and `notNow` before anything is asked of a server; what the servers are unfit for before
    ///   anything is changed at either.
    @discardableResult
    public func migrate(
        tenant: String,
        target: String,
        config: MigrationConfig? = nil
    ) async throws(MigrationError) -> Migration {
        let config = config ?? self.config
        let (plan, endpoints) = try MigrationError.translating { try config.plan(tenant: tenant, target: target) }
        let migration = try await MigrationError.translating {
            let reservation = try await admit(plan, endpoints, config)
            return try RunningMigration(
                endpoints: endpoints,
                earlierMoves: earlierMoves(before: plan),
                reservation: reservation,
                logger: logger
            )
        }
        keep(migration, plan.id, endpoints)
        let status = await migration.begun()
        guard status.phase != .failed, status.phase != .preparing else {
            throw MigrationError(status.error ?? MigrationFailure(.failed, "\(plan.id) was stopped before it began"))
        }
        return Migration(id: plan.id, tenant: tenant)
    }

    /// How a migration stands; also one of another process, as the journal tells it.
    public func status(_ id: String) async throws(MigrationError) -> MigrationStatus {
        if let migration = running[id] { return MigrationStatus(await migration.runner.status()) }
        return try MigrationError.translating {
            let contents = try contents(id)
            var status = MigrationStatus(contents.status)
            if let counts = try journal.successor(of: contents) { status.supersededBy = counts }
            return status
        }
    }

    /// All migrations of the journal, whatever process they are or were of.
    public func migrations() async throws(MigrationError) -> [MigrationStatus] {
        let ids = try MigrationError.translating { try journal.migrations() }
        var all: [MigrationStatus] = []
        for id in ids { all.append(try await status(id)) }
        return all
    }

    /// The metrics of all migrations of the journal in the Prometheus text format 0.0.4, as the command `metrics` prints
    /// them: docs/monitoring has each. What cannot be read is left out, and counted.
    public func metrics() async throws(MigrationError) -> String {
        let ids = try MigrationError.translating { try journal.migrations() }
        var migrations: [MigrationMetrics.Migration] = []
        for id in ids {
            if let runner = running[id]?.runner {
                migrations.append(.init(await runner.status(), isRunning: true))
            } else if let folder = try? journal.open(id), let contents = try? JournalContents.read(folder) {
                migrations.append(.init(contents.status, isRunning: folder.isWorkerAlive))
            }
        }
        return MigrationMetrics(migrations, unreadable: ids.count - migrations.count, at: Date()).text
    }

    /// Switches the tenant's clients to the target. It either succeeds, or has not happened: then the fence is down
    /// and live sync goes on.
    ///
    /// - Throws: `notNow` where the lag is too large or the pause would have been too long, `refused` where the
    ///   tenant's writes cannot be fenced off.
    @discardableResult
    public func cutover(
        _ id: String,
        settings: CutoverSettings = CutoverSettings()
    ) async throws(MigrationError) -> CutoverResult {
        let (outcome, note) = try await MigrationError.translating {
            let runner = try runner(id, to: "be cut over")
            return (try await runner.cutover(try settings.options()), await runner.status().note)
        }
        switch outcome {
        case .switched(let downtime, let keys):
            return CutoverResult(downtimeMilliseconds: downtime, keysMigrated: keys, note: note)
        case .back(let failure): throw MigrationError(failure)
        }
    }

    /// Compares every key of both sides: now, or after a cutover with what the clients have written at the target
    /// told apart. After the end it tells what the comparison across the switch found.
    ///
    /// - Throws: Where the two could not be compared. That they differ is no error: see `Verification`.
    public func verify(_ id: String) async throws(MigrationError) -> Verification {
        let report = try await MigrationError.translating {
            if let report = try await running[id]?.verification() { return report }
            let contents = try contents(id)
            try journal.checkCounts(contents, to: "be verified")
            if let report = contents.status.verification { return report }
            return try await compare(contents.plan)
        }
        return Verification(report)
    }

    /// Ends a migration of this process where it stands and waits until its connections are closed. The target keeps
    /// what it has; a cutover that is under way is awaited first.
    public func stop(_ id: String) async {
        await running[id]?.runner.stop(signal: "stop")
        await ended(id)
    }
}

extension MigrationManager {
    private func keep(_ migration: RunningMigration, _ id: String, _ endpoints: MigrationEndpoints) {
        running[id] = migration
        self.endpoints[id] = endpoints
        Task {
            await migration.end()
            // It may have been taken up again meanwhile.
            if running[id]?.runner === migration.runner { forget(id) }
        }
    }

    private func forget(_ id: String) {
        running[id] = nil
    }

    /// The journal is asked before the servers: that the tenant is being migrated already says more than that the
    /// target holds its keys.
    private func admit(
        _ plan: MigrationPlan,
        _ endpoints: MigrationEndpoints,
        _ config: MigrationConfig
    ) async throws -> MigrationReservation {
        try journal.admit(plan, maxConcurrent: config.maxConcurrent)
        for check in try await validator(plan, endpoints, config).mustPass() {
            logger.warning("\(check.reason ?? "")", metadata: ["check": "\(check.name.rawValue)"])
        }
        return try journal.create(plan, maxConcurrent: config.maxConcurrent, at: Date())
    }

    func contents(_ id: String) throws(JournalError) -> JournalContents {
        try JournalContents.read(try journal.open(id))
    }

    /// Waits until a migration of this process has closed its connections and its journal.
    func ended(_ id: String) async {
        await running[id]?.end()
        forget(id)
    }

    func isRunning(_ id: String) -> Bool { running[id] != nil }

    /// - Parameter verb: What cannot be done where this process does not run the migration.
    func runner(_ id: String, to verb: String) throws -> MigrationRunner {
        if let runner = running[id]?.runner { return runner }
        let contents = try contents(id)
        try journal.checkCounts(contents, to: verb)
        let phase = contents.status.phase
        throw MigrationFailure(
            .failed,
            "\(id) is in phase \(phase.rawValue) and does not run in this process; it cannot \(verb) here"
        )
    }

    /// Goes on with a migration that no process runs.
    ///
    /// - Parameter cancelling: Whether to cancel it instead, and then whether by force.
    func takeUp(_ id: String, cancelling: Bool?) throws -> RunningMigration {
        let reservation = try journal.open(id).reserve()
        let contents = try contents(id)
        if cancelling != nil { try contents.checkCancel() }
        try journal.checkCounts(contents, to: cancelling == nil ? "be resumed" : "be cancelled")
        let phase = contents.status.phase
        guard !phase.isOver else {
            throw MigrationFailure(.failed, "\(id) is \(phase.rawValue) already")
        }
        let endpoints = endpoints(contents.plan)
        let migration = try RunningMigration(
            endpoints: endpoints,
            earlierMoves: earlierMoves(before: contents.plan),
            reservation: reservation,
            logger: logger,
            cancelling: cancelling
        )
        keep(migration, id, endpoints)
        return migration
    }

    /// With the passwords that were given when it was begun, or else with the manager's.
    func endpoints(_ plan: MigrationPlan) -> MigrationEndpoints {
        endpoints[plan.id]
            ?? MigrationEndpoints(plan: plan, secrets: config.secrets)
    }

    private func compare(_ plan: MigrationPlan) async throws(MigrationFailure) -> VerificationReport {
        try await CopyVerifier(plan: plan, endpoints: endpoints(plan)).verify()
    }
}

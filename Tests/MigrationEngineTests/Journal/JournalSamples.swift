import FoundationEssentials
import MigrationCore
import RESP

@testable import MigrationEngine

/// Values for the journal's tests; instants are whole milliseconds, which is what the journal keeps.
enum Samples {
    static let start = Date(timeIntervalSince1970: 1_790_000_000.125)

    static func plan(
        _ tenant: String = "acme",
        id: String = MigrationPlan.makeID(),
        source: String = "10.0.0.1"
    ) throws -> MigrationPlan {
        try MigrationPlan(
            id: id,
            scope: TenantScope(tenant: tenant),
            source: ServerPlan(
                address: ServerAddress(host: source, username: "mover"),
                secret: .environment("SOURCE_PASSWORD")
            ),
            target: ServerPlan(address: ServerAddress(host: "10.0.0.2"), secret: .file("/etc/target.secret")),
            databases: [0, 3],
            transfer: TransferOptions(parallel: 2, batchSize: 10, timeoutSeconds: 60)
        )
    }

    static var update: TransferUpdate {
        get throws { try TransferUpdate(parallel: 8, batchSize: 20, maxKeysPerSecond: 50, maxBytesPerSecond: 0) }
    }

    static let positions: ShardPositions = [
        .standalone: FeedPosition(replicationID: "8f" + String(repeating: "0", count: 38), offset: 7, database: 3)
    ]
    static let attachment = Attachment(
        positions: positions,
        servers: ServerIdentities(source: "a1", target: "b2"),
        owed: .missing,
        gap: "why",
        keysBefore: 9
    )
    static let failure = MigrationFailure(.notNow, "10.0.0.1:6379 is \"loading\"\n; try again")
    static let fence = FenceRecord(
        kind: .acl,
        users: [.init(name: "acme", raised: ["resetkeys", "%R~__tenant:acme:*"], lowered: ["~__tenant:acme:*"])]
    )
    static let leak = LeakReport(
        database: 1,
        key: ByteString([0x5F, 0x00, 0x0A, 0xFF]),
        command: "SET",
        suspects: ["10.0.0.9:4711 user default"]
    )
    static let report = VerificationReport(
        keysSource: 3,
        keysTarget: 3,
        checksumSource: "00ff",
        checksumTarget: "00fe",
        sampleVerified: 2,
        sampleSize: 3,
        writtenSinceSwitch: 1,
        differenceCount: 1,
        differences: [KeyDifference(database: 0, key: ByteString([0x0A, 0x80]), kind: .expiry, detail: "off by 1 ms")]
    )

    static let cutoverEvents: [CutoverEvent] = [
        .prepared(fence), .fenceRaised, .barrierRead(["a": 12, "b": 1 << 52]), .drained,
        .checked(keysSource: 3, keysTarget: 4),
        .leaked(leak), .switched(downtimeMilliseconds: 3.25), .settled(["no aclfile"]), .fenceLowered,
        .budgetSpent(step: "draining"),
        .failed(failure), .fenceLeft(failure),
    ]

    static func schedule() throws -> CutoverSchedule {
        try CutoverSchedule(at: start + 60, windowSeconds: 30, options: CutoverOptions(maxLag: 7), now: start)
    }

    /// One of each kind.
    static func events(_ plan: MigrationPlan) throws -> [MigrationEvent] {
        [
            .created(plan), .workerStarted(processID: 42), .attached(attachment), .prepared(users: ["acme"]),
            .interrupted(failure), .feedGivenUp(reason: "full"), .synced(keys: 3), .paused, .resumed,
            .cutoverRequested(try CutoverOptions(force: true, fence: .pause, verify: .none)),
        ] + cutoverEvents.map { .cutover($0) } + [
            .cutoverUnsettled(failure), .cutoverEnded(.back(failure)),
            .cutoverEnded(.switched(downtimeMilliseconds: 3.25, keysMigrated: 3)),
            .verified(report), .verificationSkipped, .unverified(failure), .cancelRequested(force: true),
            .settingRaised(ServerSetting(name: "x", original: "1", raised: "2")),
            .settingRestored(name: "x", side: .target),
            .cancelled(CancelReport(keysRemoved: 1, usersRemoved: ["acme"], keysLeft: 1, leftExamples: [leak.key!])),
            .cleaned(CleanupReport(keysRemoved: 3, usersRemoved: ["acme"])),
            .failed(failure), .workerChanged(try WorkerOptions(metricsListen: "[::1]:9121")),
            .stopped(signal: "SIGTERM"), .cutoverScheduled(try schedule()), .cutoverUnscheduled,
            .cutoverScheduleEnded(ScheduleEnd(.givenUp, of: try schedule(), because: "lag_keys is 7")),
            .updated(try update), .superseded(by: "mig_b", failure), .superseded(by: nil, failure),
        ]
    }

    /// A migration that went well, without its `created`.
    static func life() throws -> [MigrationEvent] {
        [
            .workerStarted(processID: 42), .attached(attachment), .prepared(users: []), .synced(keys: 3),
            .cutoverRequested(try CutoverOptions()), .cutover(.prepared(fence)), .cutover(.fenceRaised),
            .cutover(.barrierRead([.standalone: 12])), .cutover(.drained),
            .cutover(.checked(keysSource: 3, keysTarget: 3)),
            .cutover(.switched(downtimeMilliseconds: 3.25)), .cutover(.settled([])),
            .cutoverEnded(.switched(downtimeMilliseconds: 3.25, keysMigrated: 3)), .verified(report),
        ]
    }
}

/// A journal folder with one migration in it.
struct SampleJournal {
    let temporary: TemporaryFolder
    let root: JournalRoot
    let plan: MigrationPlan
    let folder: MigrationFolder

    init() throws {
        temporary = try TemporaryFolder()
        root = JournalRoot(path: temporary.path + "/journal")
        plan = try Samples.plan()
        folder = try root.create(plan, maxConcurrent: 5, at: Samples.start).folder
    }

    /// Writes the events a second apart, the first one second after the creation.
    func append(_ events: [MigrationEvent]) throws {
        let (journal, _) = try Journal.open(folder)
        for (index, event) in events.enumerated() {
            try journal.append(event, at: Samples.start + Double(index + 1))
        }
    }

    func eventBytes() throws -> [UInt8] {
        try JournalFile.read(folder.events) ?? []
    }

    func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }
}

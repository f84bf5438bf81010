import FoundationEssentials
import RESP

@testable import MigrationCore

/// One of each, for the transcripts.
enum MachineSamples {
    static let failure = MigrationFailure(.unreachable, "10.0.0.1:6379 cannot be reached")
    static let fence = FenceRecord(
        kind: .acl,
        users: [.init(name: "app", raised: ["resetkeys"], lowered: ["~__tenant:acme:*"])]
    )
    static let leak = LeakReport(
        database: 3,
        key: ByteString([0x6B, 0xFF]),
        command: "SET",
        suspects: ["10.0.0.9:4711 (user batch, set)"]
    )
    static let report = VerificationReport(
        keysSource: 1,
        keysTarget: 1,
        checksumSource: "a",
        checksumTarget: "a",
        sampleVerified: 1,
        sampleSize: 1,
        differenceCount: 0,
        differences: []
    )
    static let servers = ServerIdentities(source: "s", target: "t")
    static let attachment = Attachment(positions: [:], servers: servers)
    static let attachmentAfterGap = Attachment(positions: [:], servers: servers, owed: .everything, gap: "lost")
    static let switched = CutoverOutcome.switched(downtimeMilliseconds: 2.5, keysMigrated: 7)
    static let back = CutoverOutcome.back(failure)

    static func plan() throws -> MigrationPlan {
        try MigrationPlan(
            scope: TenantScope(tenant: "acme"),
            source: ServerPlan(address: ServerAddress(host: "a")),
            target: ServerPlan(address: ServerAddress(host: "b")),
            transfer: TransferOptions()
        )
    }

    static func schedule() throws -> CutoverSchedule {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        return try CutoverSchedule(at: now + 60, windowSeconds: 30, options: CutoverOptions(), now: now)
    }

    /// One event of each kind, by the name under which transcripts speak of it.
    static func events() throws -> [String: MigrationEvent] {
        [
            "created": .created(try plan()),
            "workerStarted": .workerStarted(processID: 1),
            "attached": .attached(attachment),
            "attachedAfterGap": .attached(attachmentAfterGap),
            "prepared": .prepared(users: ["app"]),
            "interrupted": .interrupted(failure),
            "feedGivenUp": .feedGivenUp(reason: "memory"),
            "synced": .synced(keys: 7),
            "paused": .paused,
            "resumed": .resumed,
            "cutoverRequested": .cutoverRequested(try CutoverOptions(verify: .sample)),
            "cutover": .cutover(.fenceRaised),
            "cutoverUnsettled": .cutoverUnsettled(failure),
            "switched": .cutoverEnded(switched),
            "cutoverSwitched": .cutover(.switched(downtimeMilliseconds: 2.5)),
            "back": .cutoverEnded(back),
            "verified": .verified(report),
            "verificationSkipped": .verificationSkipped,
            "unverified": .unverified(failure),
            "settingRaised": .settingRaised(ServerSetting(name: "x", original: "1", raised: "2")),
            "settingRestored": .settingRestored(name: "x", side: .target),
            "cancelRequested": .cancelRequested(force: true),
            "cancelled": .cancelled(CancelReport()),
            "cleaned": .cleaned(CleanupReport(keysRemoved: 1)),
            "failed": .failed(failure),
            "workerChanged": .workerChanged(try WorkerOptions()),
            "stopped": .stopped(signal: "SIGTERM"),
            "cutoverScheduled": .cutoverScheduled(try schedule()),
            "cutoverUnscheduled": .cutoverUnscheduled,
            "cutoverScheduleEnded": .cutoverScheduleEnded(ScheduleEnd(.missed, of: try schedule(), because: "late")),
            "updated": .updated(try TransferUpdate(parallel: 8)),
            "superseded": .superseded(by: "mig_b", failure),
        ]
    }

    static let cutoverEvents: [String: CutoverEvent] = [
        "prepared": .prepared(fence),
        "fenceRaised": .fenceRaised,
        "barrierRead": .barrierRead([.standalone: 12]),
        "drained": .drained,
        "checked": .checked(keysSource: 7, keysTarget: 7),
        "checkedDifferent": .checked(keysSource: 7, keysTarget: 6),
        "leaked": .leaked(leak),
        "switched": .switched(downtimeMilliseconds: 2.5),
        "fenceLowered": .fenceLowered,
        "budgetSpent": .budgetSpent(step: "draining"),
        "failed": .failed(failure),
        "fenceLeft": .fenceLeft(failure),
    ]
}

import FoundationEssentials
import Testing

@testable import MigrationCore

@Suite struct SuccessionTests {
    private func migration(
        _ id: String,
        _ source: String,
        _ target: String,
        at second: Double,
        _ phase: MigrationPhase = .failed,
        tenant: String = "acme",
        isLive: Bool = false,
        hasWritten: Bool = true
    ) throws -> JournalledMigration {
        JournalledMigration(
            plan: try MigrationPlan(
                id: id,
                scope: TenantScope(tenant: tenant),
                source: ServerPlan(address: ServerAddress(host: source)),
                target: ServerPlan(address: ServerAddress(host: target)),
                transfer: TransferOptions()
            ),
            createdAt: Date(timeIntervalSince1970: second),
            phase: phase,
            isLive: isLive,
            hasWritten: hasWritten
        )
    }

    @Test func theNewestThatTouchesTheTargetCounts() throws {
        let old = try migration("mig_1", "a", "b", at: 1)
        let next = try migration("mig_2", "a", "b", at: 2)
        let last = try migration("mig_3", "a", "b", at: 3, .completed)
        #expect(old.successor(among: []) == nil)
        #expect(old.successor(among: [next, last]) == "mig_3")
        #expect(next.successor(among: [old]) == nil)
        #expect(last.successor(among: [old, next]) == nil)
        #expect(old.successor(among: [try migration("mig_4", "a", "b", at: 4, tenant: "acme2")]) == nil)
    }

    @Test func whatTouchedNothingTakesNothing() throws {
        let old = try migration("mig_1", "a", "b", at: 1)
        #expect(old.successor(among: [try migration("mig_2", "a", "b", at: 2, hasWritten: false)]) == nil)
        let begun = try migration("mig_2", "a", "b", at: 2, .preparing, isLive: true, hasWritten: false)
        #expect(old.successor(among: [begun]) == "mig_2")
        #expect(old.successor(among: [try migration("mig_2", "a", "b", at: 2, .cancelled)]) == nil)
        // Another target is not this one's; what is left of a completed or cancelled one is at no target.
        #expect(old.successor(among: [try migration("mig_2", "a", "c", at: 2)]) == nil)
        let cancelled = try migration("mig_1", "a", "b", at: 1, .cancelled)
        #expect(cancelled.successor(among: [try migration("mig_2", "a", "b", at: 2)]) == nil)
    }

    /// The copy that a completed migration has left at its source is nobody's to remove once it was used again.
    @Test func theSourceOfACompletedOne() throws {
        let old = try migration("mig_1", "a", "b", at: 1, .completed)
        #expect(old.successor(among: [try migration("mig_2", "b", "a", at: 2, .liveSync)]) == "mig_2")
        #expect(old.successor(among: [try migration("mig_2", "a", "c", at: 2, .liveSync)]) == "mig_2")
        #expect(old.successor(among: [try migration("mig_2", "a", "c", at: 2, .cancelled)]) == "mig_2")
        #expect(old.successor(among: [try migration("mig_2", "b", "c", at: 2, .completed)]) == nil)
    }
}

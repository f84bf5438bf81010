import FoundationEssentials
import MigrationCore
import RESP
import Testing

@testable import MigrationEngine

@Suite struct JournalFoldTests {

    @Test func theEventsOfAWholeLifeGiveItsStatus() throws {
        let sample = try SampleJournal()
        try sample.append(try Samples.life())
        let contents = try JournalContents.read(sample.folder)
        #expect(contents.warnings.isEmpty)
        #expect(contents.status.phase == .completed)
        #expect(contents.status.keysSynced == 3)
        #expect(contents.status.progress == 100)
        #expect(contents.status.downtimeMilliseconds == 3.25)
        #expect(contents.status.keysMigrated == 3)
        #expect(contents.status.verification == Samples.report)
        #expect(contents.status.startedAt == Samples.start)
        #expect(contents.status.updatedAt == Samples.start + Double(try Samples.life().count))
        #expect(contents.status.writesRefusedSince == Samples.start + 7)
        #expect(contents.state.positions == Samples.positions)
    }

    @Test func theFenceIsKnownFromItsPreparationUntilItIsDownOrTheSwitch() throws {
        let life = try Samples.life()
        let switched = try #require(life.firstIndex(of: .cutover(.switched(downtimeMilliseconds: 3.25))))
        let prepared = try #require(life.firstIndex(of: .cutover(.prepared(Samples.fence))))
        for count in 0...life.count {
            let isUp = count > prepared && count <= switched
            #expect(try fold(Array(life.prefix(count))).state.fence == (isUp ? Samples.fence : nil))
        }
        let back = Array(life[...(prepared + 1)])
        #expect(try fold(back + [.cutover(.fenceLowered)]).state.fence == nil)
        #expect(try fold(back + [.cutover(.failed(Samples.failure))]).state.fence == Samples.fence)
    }

    @Test func aFailedMigrationSaysWhy() throws {
        let contents = try fold([.workerStarted(processID: 1), .failed(Samples.failure)])
        #expect(contents.status.phase == .failed)
        #expect(contents.status.error == Samples.failure)
    }

    @Test func anEventOutOfPlaceIsAWarningAndChangesNoPhase() throws {
        let contents = try fold([.workerStarted(processID: 1), .verificationSkipped])
        #expect(contents.status.phase == .preparing)
        #expect(contents.warnings.count == 1)
    }

    @Test func aStateOlderThanTheEventsIsBroughtUpToThem() throws {
        let sample = try SampleJournal()
        let life = try Samples.life()
        do {
            let (journal, _) = try Journal.open(sample.folder)
            var status = MigrationStatus(plan: sample.plan, phase: .liveSync, at: Samples.start)
            status.lagKeys = 5
            try journal.writeState(JournalState(status: status, positions: [:]))
        }
        try sample.append(Array(life.prefix(7)))
        let crashed = try JournalContents.read(sample.folder)
        #expect(crashed.status.phase == .cutover)
        #expect(crashed.state.fence == Samples.fence)
        #expect(crashed.state.positions == Samples.positions)
        #expect(crashed.status.lagKeys == 5)
    }

    @Test func aMigrationThatFailedIsTakenUpAgain() throws {
        let begun = try Array(Samples.life().prefix(4))
        let contents = try fold(begun + [.failed(Samples.failure), .workerStarted(processID: 2)])
        #expect(contents.status.phase == .initialSync)
        #expect(contents.status.error == nil)
        #expect(contents.state.servers == Samples.attachment.servers)
        #expect(contents.warnings.isEmpty)
    }

    @Test func theUsersThatTheSwitchWillMakeWritableAreTheMigrations() throws {
        var fence = Samples.fence
        fence.switches = ["acme", "acme2"]
        let life = try Samples.life()
        let first: [MigrationEvent] = Array(life.prefix(2)) + [.prepared(users: ["acme"]), .synced(keys: 3)]
        #expect(try fold(first).ownedUsers == ["acme"])
        let second = first + [.cutoverRequested(try CutoverOptions()), .cutover(.prepared(fence))]
        #expect(try fold(second).ownedUsers == ["acme", "acme2"])
    }

    private func fold(_ events: [MigrationEvent]) throws -> JournalContents {
        let sample = try SampleJournal()
        try sample.append(events)
        return try JournalContents.read(sample.folder)
    }
}

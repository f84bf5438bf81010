import FoundationEssentials
import Glibc
import MigrationCore
import Testing

@testable import MigrationEngine

@Suite struct JournalRootTests {

    @Test func theFolderIsFoundInItsOrder() throws {
        let home = ["HOME": "/home/ada"]
        let state = home.merging(["XDG_STATE_HOME": "/state"]) { $1 }
        let named = state.merging(["FERRITE_MIGRATE_JOURNAL": "/named/"]) { $1 }
        #expect(JournalRoot.location(explicit: "/given", environment: named, isRoot: true).path == "/given")
        #expect(JournalRoot.location(environment: named, isRoot: true).path == "/named")
        #expect(JournalRoot.location(environment: state, isRoot: true).path == "/state/ferrite-migrate")
        #expect(JournalRoot.location(environment: home, isRoot: true).path == "/var/lib/ferrite-migrate")
        let user = JournalRoot.location(environment: home, isRoot: false).path
        #expect(user == "/home/ada/.local/state/ferrite-migrate")
        let odd = home.merging(["FERRITE_MIGRATE_JOURNAL": "", "XDG_STATE_HOME": "relative"]) { $1 }
        #expect(JournalRoot.location(environment: odd, isRoot: false).path == user)
        #expect(JournalRoot.location(explicit: "here", environment: [:]).path.hasPrefix("/"))
    }

    @Test func migrationsAreListedAndNothingElse() throws {
        let temporary = try TemporaryFolder()
        let root = JournalRoot(path: temporary.path + "/a/b/journal")
        #expect(try root.migrations() == [])
        let ids = ["mig_00000000aa", "mig_00000000bb"]
        for id in ids.reversed() { _ = try root.create(Samples.plan(id: id), maxConcurrent: 9, at: Samples.start) }
        mkdir(root.path + "/.new-mig_1", 0o700)
        mkdir(root.path + "/lost+found", 0o700)
        #expect(try root.migrations() == ids)
        #expect(try root.open(ids[1]).path == root.path + "/" + ids[1])
    }

    @Test func anUnknownIDNamesTheFolder() throws {
        let sample = try SampleJournal()
        let error = JournalError.unknownMigration(id: "mig_0", folder: sample.root.path)
        #expect(throws: error) { try sample.root.open("mig_0") }
        #expect(error.failure.message.contains(sample.root.path))
        #expect(error.failure.message.contains("status ALL"))
        for text in ["", "../etc", "mig_", "mig_A", "mig_a/..", "acme"] {
            #expect(throws: JournalError.notAnID(text)) { try sample.root.open(text) }
        }
    }

    @Test func anIDIsTakenOnce() throws {
        let sample = try SampleJournal()
        let again = try Samples.plan("other", id: sample.plan.id)
        #expect(throws: JournalError.self) { try sample.root.create(again, maxConcurrent: 5, at: Samples.start) }
        #expect(try JournalContents.read(sample.folder).plan == sample.plan)
        #expect(try FileManager.default.contentsOfDirectory(atPath: sample.root.path).count == 2)
    }

    @Test func aTenantIsMigratedFromASourceOnceAtATime() throws {
        let temporary = try TemporaryFolder()
        let root = JournalRoot(path: temporary.path)
        let first = try root.create(Samples.plan(), maxConcurrent: 9, at: Samples.start)
        let twin = JournalError.alreadyMigrating(tenant: "acme", source: "10.0.0.1:6379", id: first.folder.id)
        #expect(throws: twin) { try root.create(Samples.plan(), maxConcurrent: 9, at: Samples.start) }
        let toTheSameTarget = try Samples.plan(source: "10.0.0.7")
        #expect(throws: twin) { try root.create(toTheSameTarget, maxConcurrent: 9, at: Samples.start) }
        _ = try root.create(Samples.plan("acme-corp"), maxConcurrent: 9, at: Samples.start)

        let (worker, _) = try Journal.open(first.folder)
        try worker.append(.failed(Samples.failure), at: Samples.start)
        _ = try root.create(Samples.plan(), maxConcurrent: 9, at: Samples.start)
        withExtendedLifetime((first, worker)) {}
    }

    @Test func aMigrationThatNobodyRunsIsInNobodysWay() async throws {
        let sample = try SampleJournal()
        #expect(try await eventually { try sample.root.liveMigrations() == [] })
        _ = try sample.root.create(Samples.plan(), maxConcurrent: 1, at: Samples.start)
    }

    @Test func noMoreLiveThanAllowed() throws {
        let sample = try SampleJournal()
        let (worker, _) = try Journal.open(sample.folder)
        let second = try sample.root.create(Samples.plan("two"), maxConcurrent: 2, at: Samples.start)
        let full = JournalError.tooManyWorkers(limit: 2, running: [sample.plan.id, second.folder.id].sorted())
        #expect(throws: full) { try sample.root.create(Samples.plan("three"), maxConcurrent: 2, at: Samples.start) }
        withExtendedLifetime((worker, second)) {}
    }

    @Test func ofManyCreatedAtTheSameMomentOnlyTheAllowedPass() async throws {
        let temporary = try TemporaryFolder()
        let root = JournalRoot(path: temporary.path)
        let reservations = await withTaskGroup(of: MigrationReservation?.self) { group in
            for number in 0..<12 {
                group.addTask {
                    try? root.create(Samples.plan("tenant\(number)"), maxConcurrent: 3, at: Samples.start)
                }
            }
            return await group.reduce(into: [MigrationReservation]()) { if let made = $1 { $0.append(made) } }
        }
        #expect(reservations.count == 3)
        #expect(Set(try root.migrations()) == Set(reservations.map(\.folder.id)))
    }

    @Test func twoOfOneTenantAtTheSameMomentAreOne() async throws {
        let temporary = try TemporaryFolder()
        let root = JournalRoot(path: temporary.path)
        async let first = try? root.create(Samples.plan(), maxConcurrent: 9, at: Samples.start)
        async let second = try? root.create(Samples.plan(), maxConcurrent: 9, at: Samples.start)
        let made = await [first, second].compactMap(\.self)
        #expect(made.count == 1)
    }
}

import FoundationEssentials
import MigrationCore
import Testing

@testable import MigrationEngine

/// What was updated is what the next worker begins with.
@Suite struct JournalUpdateTests {
    @Test func updatesAddUp() throws {
        let sample = try SampleJournal()
        try sample.append([
            .workerStarted(processID: 42), .updated(try TransferUpdate(parallel: 8, maxKeysPerSecond: 50)),
            .attached(Samples.attachment), .updated(try TransferUpdate(batchSize: 20, maxKeysPerSecond: 60)),
            .failed(Samples.failure), .updated(try TransferUpdate(maxKeysPerSecond: 0, maxBytesPerSecond: 7)),
        ])
        let contents = try JournalContents.read(sample.folder)
        #expect(contents.warnings == [])
        var wanted = sample.plan
        wanted.transfer.apply(try TransferUpdate(parallel: 8, batchSize: 20, maxBytesPerSecond: 7))
        #expect(contents.plan == wanted)
        #expect(contents.status.parallel == 8 && contents.status.batchSize == 20)
        #expect(contents.status.maxKeysPerSecond == nil && contents.status.maxBytesPerSecond == 7)
        #expect(contents.status.phase == .failed)
        var progress = RunnerProgress(contents)
        let status = progress.status(
            phase: .failed,
            failure: nil,
            queue: .init(),
            scan: (0, 0, false),
            stragglers: 0,
            at: Samples.start
        )
        #expect(status.parallel == 8 && status.batchSize == 20 && status.maxBytesPerSecond == 7)
    }

    /// The state was written before the update, or by a version that knew no such fields.
    @Test func theEventsCount() throws {
        let sample = try SampleJournal()
        let (journal, contents) = try Journal.open(sample.folder)
        try journal.writeState(contents.state)
        let state = URL(fileURLWithPath: sample.folder.state)
        let text = String(decoding: try Data(contentsOf: state), as: UTF8.self)
        #expect(text.contains("\"parallel\":2,"))
        try Data(text.replacing("\"parallel\":2,", with: "").utf8).write(to: state)
        #expect(try JournalContents.read(sample.folder).status.parallel == 2)
        try journal.append(.updated(try TransferUpdate(parallel: 9)), at: Samples.start)
        #expect(try JournalContents.read(sample.folder).status.parallel == 9)
    }

    @Test func aNumberThatCannotBeIsDamage() throws {
        let sample = try SampleJournal()
        let line = #"{"at":"2026-09-21T14:13:21.125Z","event":{"updated":{"update":{"parallel":900}}},"version":1}"#
        try sample.write(try sample.eventBytes() + Array((line + "\n").utf8), to: sample.folder.events)
        let error = #expect(throws: JournalError.self) { try JournalContents.read(sample.folder) }
        #expect(error?.failure.message.contains("parallel cannot be 900") == true, "\(error?.failure.message ?? "")")
    }

    @Test func whereNoWorkerLivesTheJournalIsWritten() throws {
        let sample = try SampleJournal()
        let update = try TransferUpdate(parallel: 7)
        try sample.folder.record(.updated(update), to: "be updated")
        #expect(try JournalContents.read(sample.folder).events.last?.event == .updated(update))
        let (journal, _) = try Journal.open(sample.folder)
        let locked = #expect(throws: MigrationFailure.self) {
            try sample.folder.record(.updated(update), to: "be updated")
        }
        #expect(locked?.kind == .notNow, "\(locked?.message ?? "")")
        journal.close()
        try sample.append(Array(try Samples.life().prefix(6)))
        let cutover = #expect(throws: MigrationFailure.self) {
            try sample.folder.record(.updated(update), to: "be updated")
        }
        #expect(cutover?.kind == .notNow && cutover?.message.contains("a cutover is under way") == true)
        try sample.append(Array(try Samples.life().dropFirst(6)))
        let ended = #expect(throws: MigrationFailure.self) {
            try sample.folder.record(.updated(update), to: "be updated")
        }
        #expect(ended?.kind == .failed && ended?.message.contains("it has ended") == true)
    }
}

import FoundationEssentials
import MigrationCore
import Testing

@testable import MigrationEngine

@Suite struct JournalSuccessionTests {
    private func contents(_ folder: MigrationFolder) throws -> JournalContents { try JournalContents.read(folder) }

    /// The journals are as versions before wrote them: nothing in them speaks of the other.
    @Test func theOneThatWasCreatedLaterCounts() async throws {
        let first = try SampleJournal()
        try first.append([
            .workerStarted(processID: 1), .attached(Samples.attachment), .prepared(users: []), .failed(Samples.failure),
        ])
        // The clock was set back meanwhile.
        let second = try first.root.create(Samples.plan(), maxConcurrent: 5, at: Samples.start - 3600).folder
        #expect(try await eventually { try first.root.liveMigrations() == [] })
        #expect(try first.root.successor(of: contents(first.folder)) == nil, "it has not begun")
        do {
            let (journal, _) = try Journal.open(second)
            #expect(try first.root.successor(of: contents(first.folder)) == second.id, "it has a worker")
            for event in [
                MigrationEvent.workerStarted(processID: 1), .attached(Samples.attachment), .prepared(users: []),
            ] {
                try journal.append(event, at: Samples.start)
            }
            journal.close()
        }
        #expect(try first.root.successor(of: contents(first.folder)) == second.id)
        #expect(try first.root.successor(of: contents(second)) == nil)
        let error = #expect(throws: MigrationFailure.self) {
            try first.root.checkCounts(contents(first.folder), to: "be resumed")
        }
        #expect(error?.kind == .superseded)
        #expect(error?.message.contains("\(first.plan.id) cannot be resumed: it is superseded by \(second.id)") == true)
        #expect(throws: Never.self) { try first.root.checkCounts(contents(second), to: "be resumed") }

        let (journal, _) = try Journal.open(second)
        for event in [MigrationEvent.cancelRequested(force: false), .cancelled(CancelReport())] {
            try journal.append(event, at: Samples.start)
        }
        journal.close()
        #expect(try first.root.successor(of: contents(first.folder)) == nil)
    }

    /// What cannot be read takes nobody's place.
    @Test func aDamagedNeighbourIsPassedOver() throws {
        let sample = try SampleJournal()
        let other = try sample.root.create(Samples.plan("other"), maxConcurrent: 5, at: Samples.start).folder
        for text in ["", "{", "{\"version\":1}\n", "\u{0}\n"] {
            try sample.write(text.utf8, to: other.events)
            #expect(try sample.root.successor(of: contents(sample.folder)) == nil)
        }
    }

    @Test func whatFoundItsTenantGoneSaysSo() throws {
        let sample = try SampleJournal()
        let failure = MigrationFailure(.superseded, "mig_a is no longer the tenant's")
        try sample.append([.workerStarted(processID: 1), .superseded(by: nil, failure)])
        let contents = try contents(sample.folder)
        #expect(contents.status.phase == .superseded && contents.status.error == failure)
        #expect(contents.status.writable == .unknown && !contents.status.needsSomebody)
        let error = #expect(throws: MigrationFailure.self) { try sample.root.checkCounts(contents, to: "be cancelled") }
        #expect(error?.message.contains("it is superseded already: mig_a is no longer") == true)
    }
}

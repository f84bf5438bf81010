import FoundationEssentials
import Glibc
import MigrationCore
import Testing

@testable import MigrationEngine

@Suite struct JournalRoundTripTests {

    @Test func everyEventIsReadAsItWasWritten() throws {
        let sample = try SampleJournal()
        let events = try Samples.events(sample.plan)
        try sample.append(events)
        let contents = try JournalContents.read(sample.folder)
        var plan = sample.plan
        plan.transfer.apply(try Samples.update)
        #expect(contents.plan == plan)
        #expect(contents.events.map(\.event) == [.created(sample.plan)] + events)
        #expect(contents.events.map(\.at) == (0...events.count).map { Samples.start + Double($0) })
    }

    @Test func aLineNamesItsEventInSnakeCase() throws {
        let sample = try SampleJournal()
        try sample.append([.workerStarted(processID: 42), .cutover(.checked(keysSource: 3, keysTarget: 4))])
        let lines = String(decoding: try sample.eventBytes(), as: UTF8.self).split(separator: "\n")
        #expect(
            lines.dropFirst() == [
                #"{"at":"2026-09-21T14:13:21.125Z","event":{"worker_started":{"process_id":42}},"version":1}"#,
                #"{"at":"2026-09-21T14:13:22.125Z","event":{"cutover":{"event":{"checked":"#
                    + #"{"keys_source":3,"keys_target":4}}}},"version":1}"#,
            ]
        )
    }

    @Test func noNameIsInCamelCase() throws {
        let sample = try SampleJournal()
        try sample.append(try Samples.events(sample.plan))
        let (journal, contents) = try Journal.open(sample.folder)
        var state = contents.state
        state.positions = Samples.positions
        state.servers = Samples.attachment.servers
        state.backlogEnd = Samples.start
        try journal.writeState(state)
        let camelCase = try Regex(#""[a-z]+[A-Z][A-Za-z]*" *:"#)
        for text in [Data(try sample.eventBytes()), try Data(contentsOf: URL(fileURLWithPath: sample.folder.state))] {
            #expect(String(decoding: text, as: UTF8.self).firstMatch(of: camelCase) == nil)
        }
    }

    @Test func theStateIsReadAsItWasWritten() throws {
        let sample = try SampleJournal()
        try sample.append([.workerStarted(processID: 42), .attached(Samples.attachment), .prepared(users: [])])
        var status = MigrationStatus(plan: sample.plan, phase: .initialSync, at: Samples.start)
        status.keysSynced = 12
        status.progress = 12.5
        status.lagBytes = 99
        status.estimatedCompletion = Samples.start + 60
        var measured = MigrationMeasurements()
        measured.note(.workerStarted(processID: 42), at: Samples.start)
        (measured.keysTransferred, measured.targetLatency) = (7, 0.125)
        status.measured = measured
        let state = JournalState(
            status: status,
            positions: Samples.positions,
            servers: Samples.attachment.servers
        )
        let (journal, _) = try Journal.open(sample.folder)
        try journal.writeState(JournalState(status: MigrationStatus(plan: sample.plan, at: Samples.start)))
        try journal.writeState(state)
        #expect(try JournalContents.read(sample.folder).state == state)
    }

    @Test func aNumberThatIsNotFiniteIsAnErrorAndNotALine() throws {
        let sample = try SampleJournal()
        let before = try sample.eventBytes()
        let (journal, _) = try Journal.open(sample.folder)
        #expect(throws: JournalError.notWritable(path: sample.folder.events)) {
            try journal.append(.cutover(.switched(downtimeMilliseconds: .nan)), at: Samples.start)
        }
        #expect(try sample.eventBytes() == before)
    }

    @Test func nobodyElseCanReadTheFolderOrItsFiles() throws {
        let sample = try SampleJournal()
        let (journal, contents) = try Journal.open(sample.folder)
        try journal.writeState(contents.state)
        #expect(mode(sample.root.path) == 0o700)
        #expect(mode(sample.folder.path) == 0o700)
        for file in [sample.folder.events, sample.folder.state, sample.folder.lock] {
            #expect(mode(file) == 0o600)
        }
    }

    @Test func linesOfSeveralThreadsDoNotMix() async throws {
        let sample = try SampleJournal()
        let (journal, _) = try Journal.open(sample.folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for line in 0..<20 { try journal.append(.workerStarted(processID: thread * 100 + line), at: .now) }
                }
            }
            try await group.waitForAll()
        }
        let identifiers = try JournalContents.read(sample.folder).events.compactMap { record -> Int? in
            if case .workerStarted(let identifier) = record.event { identifier } else { nil }
        }
        let expected = (0..<160).map { $0 / 20 * 100 + $0 % 20 }
        #expect(identifiers.sorted() == expected)
    }

    private func mode(_ path: String) -> mode_t {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_mode & 0o7777 : 0
    }
}

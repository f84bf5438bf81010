import FoundationEssentials
import MigrationCore
import Testing

@testable import MigrationEngine

@Suite struct JournalDamageTests {

    @Test func aLineTornAnywhereIsCutOff() throws {
        let sample = try SampleJournal()
        try sample.append([.workerStarted(processID: 1)])
        let whole = try sample.eventBytes()
        try sample.append([.attached(Samples.attachment)])
        let all = try sample.eventBytes()
        for length in (whole.count + 1)..<all.count {
            try sample.write(all[..<length], to: sample.folder.events)
            let contents = try JournalContents.read(sample.folder)
            #expect(contents.events.count == 2)
            #expect(contents.warnings.count == 1)
            #expect(try sample.eventBytes().count == length, "reading changes nothing")
        }
    }

    @Test func whoWritesCutsTheFileItself() throws {
        let sample = try SampleJournal()
        let whole = try sample.eventBytes()
        try sample.write(whole + Array(#"{"version":1,"at":"20"#.utf8), to: sample.folder.events)
        do {
            let (journal, contents) = try Journal.open(sample.folder)
            #expect(contents.warnings.count == 1)
            #expect(try sample.eventBytes() == whole)
            try journal.append(.workerStarted(processID: 7), at: Samples.start)
        }
        let contents = try JournalContents.read(sample.folder)
        #expect(contents.events.map(\.event) == [.created(sample.plan), .workerStarted(processID: 7)])
        #expect(contents.warnings.isEmpty)
    }

    @Test(arguments: [
        "", "{", "null", "[1]", #"{"version":1}"#, #"{"version":1,"at":"x","event":{"synced":{"keys":1}}}"#,
    ])
    func aDamagedLineInTheMiddleIsNamed(_ line: String) throws {
        let sample = try SampleJournal()
        try sample.append([.workerStarted(processID: 1)])
        let bytes = try sample.eventBytes()
        let second = try #require(bytes.firstIndex(of: 0x0A)) + 1
        try sample.write(bytes[..<second] + Array((line + "\n").utf8) + bytes[second...], to: sample.folder.events)
        let error = try #require(throws: JournalError.self) { try JournalContents.read(sample.folder) }
        guard case .damagedLine(sample.folder.events, line: 2, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(error.failure.message.contains("line 2 of \(sample.folder.events)"))
    }

    @Test func aNewerVersionIsRefusedInWords() throws {
        let sample = try SampleJournal()
        let future = Array("{\"version\":2,\"what\":[]}\n".utf8)
        try sample.write(future, to: sample.folder.state)
        let state = JournalError.newerVersion(path: sample.folder.state, found: 2, known: 1)
        #expect(throws: state) { try JournalContents.read(sample.folder) }
        try sample.write(try sample.eventBytes() + future, to: sample.folder.events)
        let events = JournalError.newerVersion(path: sample.folder.events, found: 2, known: 1)
        #expect(throws: events) { try JournalContents.read(sample.folder) }
        #expect(events.failure.message.contains("use the newer ferrite-migrate"))
        #expect(events.failure.kind == .configuration)
    }

    @Test func aTruncatedStateIsPassedOverWithAWarning() throws {
        let sample = try SampleJournal()
        try sample.append(try Samples.life())
        let intact = try JournalContents.read(sample.folder)
        do {
            let (journal, contents) = try Journal.open(sample.folder)
            try journal.writeState(contents.state)
        }
        let bytes = try #require(try JournalFile.read(sample.folder.state))
        for length in stride(from: 0, to: bytes.count - 1, by: 7) {
            try sample.write(bytes[..<length], to: sample.folder.state)
            let contents = try JournalContents.read(sample.folder)
            #expect(contents.state == intact.state)
            #expect(contents.warnings.count == 1 && contents.warnings[0].contains("state.json is damaged"))
        }
        try FileManager.default.removeItem(atPath: sample.folder.state)
        #expect(try JournalContents.read(sample.folder).state == intact.state)
    }

    @Test func aPlanOutsideItsOwnRulesIsDamage() throws {
        let sample = try SampleJournal()
        let text = String(decoding: try sample.eventBytes(), as: UTF8.self)
        for (old, new) in [(#""parallel":2"#, #""parallel":0"#), (sample.plan.id, "mig_0"), (#""live""#, #""fast""#)] {
            #expect(text.contains(old))
            try sample.write(text.replacing(old, with: new).utf8, to: sample.folder.events)
            #expect(throws: JournalError.self) { try JournalContents.read(sample.folder) }
        }
    }

    @Test func aJournalWithoutItsPlanIsRefused() throws {
        let sample = try SampleJournal()
        try sample.write([], to: sample.folder.events)
        let error = JournalError.noPlan(path: sample.folder.events)
        #expect(throws: error) { try JournalContents.read(sample.folder) }
        try FileManager.default.removeItem(atPath: sample.folder.events)
        #expect(throws: error) { try JournalContents.read(sample.folder) }
    }
}

import FoundationEssentials
import MigrationCore
import Testing

@testable import MigrationEngine

/// What a runner counts and measures beside the seed's numbers.
@Suite struct RunnerMeasurementsTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)

    private func queue(keys: Int, bytes: Int) -> KeyTransferQueue.Snapshot {
        var queue = KeyTransferQueue.Snapshot()
        (queue.keysTransferred, queue.bytesTransferred) = (keys, bytes)
        return queue
    }

    private func measured(
        _ progress: inout RunnerProgress,
        _ queue: KeyTransferQueue.Snapshot
    ) -> MigrationMeasurements? {
        progress.status(
            phase: .liveSync,
            failure: nil,
            queue: queue,
            scan: (1, 0, true),
            stragglers: 0,
            at: Self.start
        ).measured
    }

    /// What is told is what state.json has, and the next worker begins with it: no counter goes back.
    @Test func countersOutliveTheirWorker() throws {
        let sample = try SampleJournal()
        let (journal, contents) = try Journal.open(sample.folder)
        var first = RunnerProgress(contents)
        first.noteTransferred(queue(keys: 10, bytes: 100))
        #expect(measured(&first, queue(keys: 15, bytes: 150))?.keysTransferred == 10, "not told before it is written")
        let status = first.status(
            phase: .liveSync,
            failure: nil,
            queue: queue(keys: 15, bytes: 150),
            scan: (1, 0, true),
            stragglers: 0,
            at: Self.start
        )
        try journal.writeState(JournalState(status: status))
        try journal.append(.interrupted(Samples.failure), at: Self.start)
        journal.close()
        var second = RunnerProgress(try JournalContents.read(sample.folder))
        second.note(.workerStarted(processID: 2), at: Self.start)
        let before = measured(&second, .init())
        #expect(before?.keysTransferred == 10 && before?.bytesTransferred == 100)
        #expect(before?.interruptions == 1, "the event is younger than state.json")
        second.noteTransferred(queue(keys: 3, bytes: 30))
        let after = measured(&second, .init())
        #expect(after?.keysTransferred == 13 && after?.bytesTransferred == 130)
    }

    @Test func theLastSuccessIsWhenTheSourceStoodWhereTheTargetIsNow() throws {
        var progress = RunnerProgress(plan: try Samples.plan(), at: Self.start)
        func position(_ offset: Int) -> ShardPositions {
            [.standalone: FeedPosition(replicationID: "r", offset: offset, database: 0)]
        }
        func ask(_ offset: Int, after seconds: Double, written: Int) -> Double? {
            progress.noteSource([.standalone: offset], asked: Self.start + seconds, written: position(written))
            return measured(&progress, .init())?.lastSuccess?.timeIntervalSince(Self.start)
        }
        #expect(ask(100, after: 1, written: 90) == nil)
        #expect(ask(200, after: 2, written: 99) == nil)
        #expect(ask(300, after: 3, written: 100) == 1, "the first that is reached, not the newest")
        #expect(ask(400, after: 4, written: 299) == 1)
        #expect(ask(500, after: 5, written: 500) == 5, "all is there: now")
        progress.note(.interrupted(Samples.failure), at: Self.start + 6)
        #expect(ask(20, after: 7, written: 10) == 5, "another source may count otherwise")
        #expect(ask(20, after: 8, written: 20) == 8)
    }

    @Test func anInterruptionForgetsWhatWasWaitedFor() throws {
        var progress = RunnerProgress(plan: try Samples.plan(), at: Self.start)
        let written: ShardPositions = [.standalone: FeedPosition(replicationID: "r", offset: 10, database: 0)]
        progress.noteSource([.standalone: 50], asked: Self.start + 1, written: written)
        progress.note(.interrupted(Samples.failure), at: Self.start + 2)
        let later: ShardPositions = [.standalone: FeedPosition(replicationID: "r", offset: 60, database: 0)]
        progress.noteSource([.standalone: 70], asked: Self.start + 3, written: later)
        #expect(measured(&progress, .init())?.lastSuccess == nil)
    }

    @Test func aLatencyStaysUntilTheNext() throws {
        var progress = RunnerProgress(plan: try Samples.plan(), at: Self.start)
        progress.noteLatency(source: 0.5)
        progress.noteLatency(target: 0.25)
        progress.noteLatency(target: nil)
        let before = measured(&progress, .init())
        #expect(before?.sourceLatency == 0.5 && before?.targetLatency == 0.25)
        progress.note(.interrupted(Samples.failure), at: Self.start)
        let after = measured(&progress, .init())
        #expect(after?.sourceLatency == nil && after?.targetLatency == nil, "a server is away")
    }

    @Test func theBacklogLastsAtThePaceOfTheSource() throws {
        var progress = RunnerProgress(plan: try Samples.plan(), at: Self.start)
        progress.attachedAt = Self.start
        progress.noteLag(0, told: 1000, backlogBytes: 1 << 20)
        #expect(measured(&progress, .init())?.backlogEnd == nil, "nobody knows the pace yet")
        for second in 1...200 { progress.noteLag(0, told: 1000 + second * 1024, backlogBytes: 1 << 20) }
        let seconds = measured(&progress, .init())?.backlogEnd?.timeIntervalSince(Self.start) ?? 0
        #expect(abs(seconds - 1024) < 1)
    }

    @Test func whatALaterWorkerDoesIsInTheJournal() throws {
        let sample = try SampleJournal()
        #expect(try JournalContents.read(sample.folder).workerOptions == nil)
        let changed = try WorkerOptions(metricsFile: "/a/b.prom")
        try sample.append([.workerChanged(try WorkerOptions(metricsListen: ":1")), .workerChanged(changed)])
        let contents = try JournalContents.read(sample.folder)
        #expect(contents.workerOptions == changed && contents.warnings.isEmpty)
        #expect(contents.status.phase == .preparing)
    }
}

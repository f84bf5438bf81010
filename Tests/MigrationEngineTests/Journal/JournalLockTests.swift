import Glibc
import MigrationCore
import Testing

@testable import MigrationEngine

/// That a lock is free again is waited for: a process that another test starts has our descriptors for an instant.
@Suite struct JournalLockTests {

    @Test func thereIsOneWriter() async throws {
        let sample = try SampleJournal()
        do {
            let (journal, _) = try Journal.open(sample.folder)
            let error = JournalError.locked(id: sample.plan.id, processID: Int(getpid()))
            #expect(throws: error) { try Journal.open(sample.folder) }
            #expect(error.failure.kind == .notNow)
            #expect(sample.folder.isWorkerAlive)
            #expect(sample.folder.workerProcessID == Int(getpid()))
            withExtendedLifetime(journal) {}
        }
        #expect(try await eventually { !sample.folder.isWorkerAlive })
        _ = try Journal.open(sample.folder)
    }

    @Test func kill9FreesTheLock() async throws {
        let sample = try SampleJournal()
        let holder = try start(["flock", "--no-fork", sample.folder.lock, "sleep", "600"])
        try #require(try await eventually { sample.folder.isWorkerAlive })
        #expect(throws: JournalError.locked(id: sample.plan.id, processID: nil)) { try Journal.open(sample.folder) }
        kill(holder, SIGKILL)
        #expect(waitpid(holder, nil, 0) == holder)
        #expect(try await eventually { !sample.folder.isWorkerAlive })
        _ = try Journal.open(sample.folder)
    }

    @Test func askingWhetherAWorkerLivesDoesNotKeepOneFromStarting() async throws {
        let sample = try SampleJournal()
        let folder = sample.folder
        let asking = Task.detached {
            while !Task.isCancelled {
                _ = folder.isWorkerAlive
                await Task.yield()
            }
        }
        defer { asking.cancel() }
        for _ in 0..<200 {
            _ = try Journal.open(folder)
            await Task.yield()
        }
    }
}

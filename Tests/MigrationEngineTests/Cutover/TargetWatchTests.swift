import MigrationCore
import RESP
import Testing

@testable import MigrationEngine

/// Which keys the tenant's clients wrote at the target after the switch.
@Suite struct TargetWatchTests {
    private static let position = FeedPosition(replicationID: "8f", offset: 0, database: 0)
    private let watch = TargetWatch()

    private func change(_ key: String, database: Int = 0, offset: Int, cleared: Set<Int> = []) {
        var touches = Touches()
        Array(key.utf8).withUnsafeBytes { touches.append($0, database: database, offset: offset, command: [0x53]) }
        touches.clearings = cleared.map { Touches.Clearing(database: $0, offset: offset, command: [0x46]) }
        watch.changed(shard: .standalone, touches, position: Self.position)
    }

    @Test func whatTheToolWroteItselfDoesNotCount() {
        change("a", offset: 10)
        watch.begin(at: [.standalone: 20])
        change("b", offset: 19)
        change("c", offset: 20)
        #expect(["a", "b", "c"].map { watch.wasWritten(database: 0, key: $0) } == [false, false, true])
        #expect(!watch.wasWritten(database: 1, key: "c"))
    }

    @Test(
        arguments: [([3], true, false), ([Touches.allDatabases], true, true), ([], false, false)]
            as [(Set<Int>, Bool, Bool)]
    )
    func aClearedDatabaseIsWrittenAsAWhole(cleared: Set<Int>, third: Bool, fourth: Bool) {
        watch.begin(at: [.standalone: 0])
        change("a", offset: 10, cleared: cleared)
        #expect(watch.wasWritten(database: 3, key: "b") == third)
        #expect(watch.wasWritten(database: 4, key: "b") == fourth)
        #expect(watch.emptiedBy == nil)
    }

    /// What the tool's own census removed there came before the baseline.
    @Test func aDatabaseClearedBeforeTheBaselineIsNotWritten() {
        watch.begin(at: [.standalone: 20])
        change("a", offset: 10, cleared: [3])
        #expect(!watch.wasWritten(database: 3, key: "b") && !watch.sawWrites)
        #expect(watch.emptiedBy == "F")
        change("a", offset: 20)
        #expect(watch.sawWrites)
    }

    @Test func theFirstLossIsKept() {
        #expect(watch.lostReason == nil)
        watch.lost(shard: .standalone, reason: "closed")
        watch.lost(shard: .standalone, reason: "later")
        #expect(watch.lostReason == "closed")
    }
}

@Suite struct DeadlineTests {
    @Test func whoAnswersInTimeWins() async {
        let deadline = Deadline(instant: .now + .seconds(60))
        #expect(await deadline.race(orElse: 0) { 1 } == 1)
    }

    @Test func whoHangsIsNotWaitedFor() async {
        let start = ContinuousClock.now
        let answer = await Deadline(instant: start + .milliseconds(20)).race(orElse: 0) {
            try? await Task.sleep(for: .seconds(60))
            return 1
        }
        #expect(answer == 0)
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test func whoComesAfterItIsTooLate() async {
        let deadline = Deadline(instant: .now - .seconds(1))
        let answer = await deadline.race(orElse: 0) {
            try? await Task.sleep(for: .seconds(60))
            return 1
        }
        #expect(answer == 0)
    }
}

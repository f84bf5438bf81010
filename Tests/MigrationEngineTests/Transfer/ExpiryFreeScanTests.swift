import MigrationCore
import RESP
import Testing

@testable import MigrationEngine

/// Which scanned keys are asked for their expiry although their database had none.
@Suite struct ExpiryFreeScanTests {
    /// `scanned 0/a b` and whether their expiries are asked, batch by batch.
    private func batches(_ stage: QueueStage) -> [String] {
        var words: [String] = []
        while let next = stage.next() {
            words.append(next.words + (next.batch.asksExpiry ? ", asked" : ""))
            stage.complete(next)
        }
        return words.sorted()
    }

    private func scan(_ stage: QueueStage, _ names: [String] = ["a", "b", "c"], database: Int = 0) async throws {
        try await stage.queue.enqueue(try stage.page(names), database: database)
    }

    @Test func onlyKnownDatabasesAreFree() async throws {
        let stage = try QueueStage()
        stage.queue.beginExpiryFreeScan()
        try await scan(stage)
        #expect(batches(stage) == ["scanned 0/a b c, asked"])
        stage.queue.scanWithoutExpiry([0])
        try await scan(stage)
        try await scan(stage, database: 3)
        #expect(batches(stage) == ["scanned 0/a b c", "scanned 3/a b c, asked"])
        stage.queue.endExpiryFreeScan()
        try await scan(stage)
        #expect(batches(stage) == ["scanned 0/a b c, asked"])
    }

    @Test func smallStringsAreKnownUnlessTheyWereTouched() async throws {
        var stage = try QueueStage()
        stage.queue.beginExpiryFreeScan()
        stage.queue.scanSmallStrings()
        stage.queue.scanWithoutExpiry([])
        stage.touch(["b"])
        stage.complete(try #require(stage.next()))
        try await scan(stage)
        let sizes = [stage.next(), stage.next()].compactMap(\.self).map { "\($0.words): \($0.batch.sizes)" }
        #expect(sizes.sorted() == ["scanned 0/a c: smallStrings", "scanned 0/b: unknown"])
    }

    @Test func withoutABeginningNothingIsFree() async throws {
        let stage = try QueueStage()
        stage.queue.scanWithoutExpiry([0])
        try await scan(stage)
        #expect(batches(stage) == ["scanned 0/a b c, asked"])
    }

    /// Its expiry may have been given, and moved, before the scan comes by.
    @Test func aTouchedKeyIsAsked() async throws {
        var stage = try QueueStage()
        stage.queue.beginExpiryFreeScan()
        stage.queue.scanWithoutExpiry([0])
        stage.touch(["b"])
        _ = batches(stage)
        try await scan(stage)
        #expect(batches(stage) == ["scanned 0/a c", "scanned 0/b, asked"])
    }

    /// The server may have answered before the touch, and the answer have come after it.
    @Test func aKeyTouchedBeforeTheAnswerIsAsked() async throws {
        var stage = try QueueStage()
        stage.queue.beginExpiryFreeScan()
        stage.touch(["b"])
        _ = batches(stage)
        stage.queue.scanWithoutExpiry([0])
        try await scan(stage)
        #expect(batches(stage) == ["scanned 0/a c", "scanned 0/b, asked"])
    }

    @Test func aTouchWhileTheKeyWaitsCountsToo() async throws {
        var stage = try QueueStage()
        stage.queue.beginExpiryFreeScan()
        stage.queue.scanWithoutExpiry([0])
        try await scan(stage)
        stage.touch(["a", "b", "c"])
        #expect(batches(stage) == ["scanned 0/a b c, asked", "touched 0/a b c, asked"])
    }

    @Test(arguments: [true, false])
    func aDatabaseThatComesAsAWholeEndsIt(isKnown: Bool) async throws {
        let stage = try QueueStage()
        stage.queue.beginExpiryFreeScan()
        if isKnown { stage.queue.scanWithoutExpiry([0]) }
        var touches = Touches()
        touches.clearings = [0, 3].map { Touches.Clearing(database: $0, offset: 0, command: []) }
        stage.queue.touch(touches, shard: .standalone, position: stage.position(10))
        stage.queue.scanWithoutExpiry([0])
        try await scan(stage)
        #expect(batches(stage) == ["scanned 0/a b c, asked"])
    }

    @Test func tooManyTouchesEndIt() async throws {
        var stage = try QueueStage()
        stage.queue.beginExpiryFreeScan()
        stage.queue.scanWithoutExpiry([0])
        stage.touch((0...ExpiryFreeScan.mostTouched).map { "t\($0)" })
        _ = batches(stage)
        try await scan(stage)
        #expect(batches(stage) == ["scanned 0/a b c, asked"])
    }

    @Test func theSourceIsAskedForValuesAlone() throws {
        var lane = LaneTranscript()
        lane.submit(["a", "b", "h"], ticket: 1, asksExpiry: false)
        #expect(lane.takeToSource() == "MGET a b h")
        try lane.source("*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n")
        #expect(lane.takeToTarget() == "SET a 1\nSET b 2")
        // It is read again later, and may have got an expiry by then.
        #expect(lane.takeToSource() == "PEXPIRETIME h\nDUMP h")
        try lane.source(":7\r\n$1\r\nH\r\n")
        #expect(lane.takeToTarget() == "RESTORE h 7 H REPLACE ABSTTL")
        try lane.target("+OK\r\n+OK\r\n+OK\r\n")
        #expect(lane.takeDone() == ["1: a b, 6 bytes", "1: h, 3 bytes, last"])
    }
}

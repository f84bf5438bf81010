import MigrationCore
import RESP
import Testing

@testable import MigrationEngine

/// Names are compared at both sides; the keys of which one side knows nothing are read again.
@Suite struct CensusTests {
    /// Both sides have these keys.
    private func stage(with names: [String]) async throws -> QueueStage {
        let stage = try QueueStage()
        try await stage.queue.enqueue(try stage.page(names), database: 0)
        while let next = stage.next() { stage.complete(next) }
        return stage
    }

    @Test func equalSidesTouchNothing() async throws {
        let stage = try await stage(with: ["a", "b"])
        stage.queue.beginCensus()
        stage.queue.sawAtTarget(try stage.page(["a", "b"]), database: 0)
        stage.queue.sawAtSource(try stage.page(["b", "a"]), database: 0)
        #expect(stage.queue.snapshot.isIdle)
        #expect(stage.queue.snapshot.keysAtTarget == 2)
    }

    @Test func whatOnlyTheTargetHasIsRemoved() async throws {
        let stage = try await stage(with: ["a"])
        stage.queue.beginCensus()
        stage.queue.sawAtTarget(try stage.page(["a", "foreign"]), database: 0)
        #expect(stage.queue.snapshot.keysAtTarget == 2)
        let next = try #require(stage.next())
        #expect(next.words == "touched 0/foreign")
        stage.complete(next, gone: 1)
        #expect(stage.queue.snapshot.keysAtTarget == 1 && stage.queue.snapshot.keysAtSource == 1)
    }

    @Test func whatTheTargetLostIsBroughtBack() async throws {
        let stage = try await stage(with: ["a", "b"])
        stage.queue.beginCensus()
        stage.queue.sawAtTarget(try stage.page(["a"]), database: 0)
        stage.queue.sawAtSource(try stage.page(["a", "b", "new"]), database: 0)
        #expect(stage.next()?.words == "touched 0/b new")
    }

    /// Nobody has told that the source has lost it, so it was believed to be at both sides.
    @Test func whatTheSourceLostUnseenIsRemoved() async throws {
        let stage = try await stage(with: ["a", "lost", "b"])
        stage.queue.beginCensus()
        stage.queue.sawAtTarget(try stage.page(["a", "lost", "b"]), database: 0)
        stage.queue.sawAtSource(try stage.page(["a", "b"]), database: 0)
        #expect(stage.queue.hasUnmatched && stage.queue.snapshot.isIdle)
        stage.queue.sawAtTargetAgain(try stage.page(["b", "lost", "a"]), database: 0)
        stage.queue.endCensus()
        let next = try #require(stage.next())
        #expect(next.words == "touched 0/lost")
        stage.complete(next, gone: 1)
        #expect(stage.queue.snapshot.keysAtTarget == 2 && stage.queue.snapshot.keysAtSource == 2)
        #expect(!stage.queue.hasUnmatched)
    }

    /// What comes and goes while names are asked for needs no third look.
    @Test func whatWasReadMeanwhileIsMatched() async throws {
        var stage = try await stage(with: ["a", "brief"])
        stage.queue.beginCensus()
        stage.queue.sawAtTarget(try stage.page(["a", "brief"]), database: 0)
        stage.touch(["brief", "new"])
        let next = try #require(stage.next())
        stage.complete(next, gone: 1)
        stage.queue.sawAtSource(try stage.page(["a"]), database: 0)
        #expect(!stage.queue.hasUnmatched)
    }

    @Test func aSecondCensusForgetsTheFirst() async throws {
        let stage = try await stage(with: ["a"])
        for _ in 0..<2 {
            stage.queue.beginCensus()
            stage.queue.sawAtSource(try stage.page(["a"]), database: 0)
            #expect(stage.next()?.words == "touched 0/a")
        }
    }

    /// A scan's page names a key that is removed at both sides before the queue learns the name.
    @Test func whatNeitherSideHasDoesNotCount() async throws {
        let stage = try await stage(with: ["a"])
        stage.queue.learn(try stage.page(["gone"]), database: 0)
        #expect(stage.queue.snapshot.keysAtTarget == 2)
        stage.queue.beginCensus()
        stage.queue.sawAtTarget(try stage.page(["a"]), database: 0)
        stage.queue.sawAtSource(try stage.page(["a", "new"]), database: 0)
        stage.queue.endCensus()
        #expect(stage.queue.snapshot.keysAtTarget == 1 && stage.queue.snapshot.keysAtSource == 1)
        stage.complete(try #require(stage.next()))
        #expect(stage.queue.snapshot.keysAtTarget == 2 && stage.queue.snapshot.keysAtSource == 2)
    }

    @Test func oneNameInTwoDatabasesIsTwoKeys() async throws {
        let stage = try await stage(with: ["a"])
        stage.queue.beginCensus()
        stage.queue.sawAtTarget(try stage.page(["a"]), database: 3)
        #expect(stage.next()?.words == "touched 3/a")
    }

    @Test func aDatabaseReadAnewTouchesEveryName() async throws {
        let stage = try await stage(with: ["a", "b"])
        stage.queue.touchAll(try stage.page(["a", "b", "a"]), database: 0)
        #expect(stage.next()?.words == "touched 0/a b")
    }
}

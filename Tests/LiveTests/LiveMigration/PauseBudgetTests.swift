import Foundation
import Glibc
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// A server stands still, or a connection breaks, in the middle of a cutover: then it has not happened.
    @Suite struct PauseBudgetTests {
        /// The step at which the source stops: after these words were sent to it in turn.
        static let sourceSteps = [
            ["%R~"], ["%R~", "GETUSER"], ["%R~", "replication"], ["%R~", "replication", "replication"],
        ]

        @Test(arguments: sourceSteps)
        func theSourceStandsStill(steps: [String]) async throws {
            try await Self.refused(.notNow) { stage in
                stage.sourceProxy?.before(steps) { Self.suspend(stage.source) }
            }
        }

        /// At the beginning of the watch, and at the switch itself.
        @Test(arguments: ["replication", "~__tenant:acme:"])
        func theTargetStandsStill(step: String) async throws {
            try await Self.refused(.notNow) { stage in
                stage.sourceProxy?.before(["%R~"]) {
                    stage.targetProxy?.before([step]) { Self.suspend(stage.target) }
                    return .pass
                }
            }
        }

        /// The source gets the command, and the answer never comes.
        @Test(arguments: [["%R~"], ["%R~", "GETUSER"]])
        func theSourcesConnectionBreaks(steps: [String]) async throws {
            try await Self.refused(.unreachable) { stage in
                stage.sourceProxy?.before(steps) { .passAndCut }
            }
        }

        /// With a pause the users are fenced beside the drain: not behind its end.
        @Test(arguments: 0..<3) func aPauseThatGoesBackLeavesTheUsers(round: Int) async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                let writer = stage.writer { $0.rate = 500 }
                try await stage.wait(for: .liveSync)
                let rules = try stage.source.accessRules
                try await stage.more(100, of: writer)
                stage.sourceProxy?.before(["PAUSE", "replication"]) { .passAndCut }
                let cutover = try await stage.cutover { ($0.fence, $0.maxPauseMilliseconds) = (.pause, 3000) }
                guard case .back = cutover else {
                    Issue.record("the cutover succeeded")
                    return
                }
                #expect(try stage.source.accessRules == rules)
                try await stage.more(100, of: writer)
                #expect(try stage.source.accessRules == rules)
                #expect(try writer.stop().check(on: stage.source) == [])
            }
        }

        /// The switch has happened, and its answer is lost: it is asked for again, and no write is lost meanwhile.
        @Test func theSwitchsAnswerIsLost() async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(300, of: writer)
                stage.sourceProxy?.before(["%R~"]) {
                    stage.targetProxy?.before(["~__tenant:acme:"]) { .passAndCut }
                    return .pass
                }
                try await stage.switchOver()
                try await stage.more(300, of: writer)
                #expect(try writer.stop().check(on: stage.target) == [])
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        /// The switch has happened, clients write at the target, and it stands still before it has answered: going back
        /// would lose what they wrote.
        @Test func theTargetStandsStillWhenTheSwitchHasHappened() async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                let writer = stage.writer { $0.rate = 4000 }
                try await stage.wait(for: .liveSync)
                try await stage.more(300, of: writer)
                let target = stage.target
                stage.sourceProxy?.before(["%R~"]) {
                    stage.targetProxy?.before(["~__tenant:acme:"]) {
                        Thread.detachNewThread {
                            usleep(50_000)
                            _ = Self.suspend(target)
                        }
                        return .passAndHold(100_000)
                    }
                    return .pass
                }
                try await stage.switchOver { $0.maxPauseMilliseconds = 1200 }
                try await stage.more(300, of: writer)
                #expect(try writer.stop().check(on: stage.target) == [])
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        private static func suspend(_ server: RedisServer) -> ServerProxy.Passage {
            server.suspend()
            Thread.detachNewThread {
                usleep(1_500_000)
                server.resume()
            }
            return .pass
        }

        /// A cutover under traffic that `interrupt` prevents, and one that succeeds afterwards.
        private static func refused(
            _ kind: MigrationFailure.Kind,
            _ interrupt: @Sendable (MigrationStage) -> Void
        ) async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                let writer = stage.writer { $0.rate = 500 }
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                interrupt(stage)
                let words = try await stage.refusedCutover(kind) { $0.maxPauseMilliseconds = 1000 }
                #expect(kind != .notNow || words.contains("pause budget"), "\(words)")
                try await stage.more(100, of: writer)
                try await stage.switchOver()
                try await stage.more(100, of: writer)
                #expect(try writer.stop().check(on: stage.target) == [])
                #expect(try await stage.report().differenceCount == 0)
            }
        }
    }
}

import FoundationEssentials
import Testing

@testable import MigrationCore

@Suite struct CutoverScheduleTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)
    private static let lag = MigrationFailure(.notNow, "lag_keys is 5000")
    private static let refusal = MigrationFailure(.refused, "a writer leaks")

    /// Begins in a minute and may be tried for 30 seconds.
    private static func schedule() throws -> CutoverSchedule {
        try CutoverSchedule(at: now + 60, windowSeconds: 30, options: CutoverOptions(), now: now)
    }

    private static func step(_ seconds: Double, _ tries: CutoverTries = CutoverTries()) throws -> CutoverSchedule.Step {
        try schedule().step(at: now + seconds, after: tries)
    }

    @Test func itWaitsForItsTime() throws {
        #expect(try Self.step(0) == .wait(until: Self.now + 60))
        #expect(try Self.step(59.999) == .wait(until: Self.now + 60))
        #expect(try Self.step(60) == .attempt)
        #expect(try Self.step(90) == .attempt)
    }

    @Test func aTimeThatWasSleptThroughIsMissed() throws {
        guard case .end(let end) = try Self.step(90.001) else { throw StepError() }
        #expect(end.kind == .missed)
        #expect(end.reason.contains("2027-01-15T08:01:00.000Z (window 30 seconds) was missed"), "\(end.reason)")
    }

    @Test func whatTheGuardsRefuseIsAskedAgainUntilTheWindowIsOver() throws {
        var tries = CutoverTries()
        for second in stride(from: 60.0, through: 90, by: 2) {
            #expect(try Self.step(second, tries) == .attempt)
            tries.refused(Self.lag, at: Self.now + second)
            guard second < 90 else { break }
            #expect(try Self.step(second + 1, tries) == .wait(until: min(Self.now + second + 2, Self.now + 90)))
        }
        guard case .end(let end) = try Self.step(90.5, tries) else { throw StepError() }
        #expect(end.kind == .givenUp && end.reason.hasSuffix("was given up: lag_keys is 5000"))
    }

    /// Each of them may have cost the clients a pause.
    @Test func cutoversThatWentBackFollowEachOtherMoreAndMoreSlowly() throws {
        var tries = CutoverTries()
        var waits: [Double] = []
        for _ in 0..<7 {
            tries.wentBack(Self.lag, at: Self.now)
            waits.append(try #require(tries.next).timeIntervalSince(Self.now))
        }
        #expect(waits == [2, 4, 8, 16, 32, 60, 60])
    }

    @Test func whatCannotPassIsGivenUpAtOnce() throws {
        var tries = CutoverTries()
        tries.wentBack(Self.refusal, at: Self.now + 61)
        guard case .end(let end) = try Self.step(61, tries) else { throw StepError() }
        #expect(end.kind == .givenUp && end.reason.hasSuffix("a writer leaks"))
    }

    /// Back: it waits again, and nothing that was met before holds it up. Forwards: it is missed, or given up.
    @Test func aClockThatIsSet() throws {
        var tries = CutoverTries()
        tries.refused(Self.lag, at: Self.now + 85)
        #expect(try Self.step(10, tries) == .wait(until: Self.now + 60))
        // The next try seems to be long ahead.
        tries.refused(Self.lag, at: Self.now + 4000)
        #expect(try Self.step(70, tries) == .attempt)
        #expect(try Self.step(100_000) == .end(ScheduleEnd(.missed, of: Self.schedule(), because: Self.missed)))
        guard case .end(let end) = try Self.step(100_000, tries) else { throw StepError() }
        #expect(end.kind == .givenUp)
    }

    private static let missed = "nobody could begin it in that time: its worker did not run, or the clock was set"

    /// The guards of every cutover, by hand or not.
    @Test func whatStandsAgainstACutover() throws {
        let options = try CutoverOptions(maxLag: 10)
        func obstacle(_ phase: MigrationPhase, lag: Int = 0, linked: Bool = true, force: Bool = false) throws -> String?
        {
            var (status, options) = (MigrationStatus(plan: try MachineSamples.plan(), at: Self.now), options)
            (status.phase, status.lagKeys, options.force) = (phase, lag, force)
            guard let obstacle = options.obstacle(status, isLinked: linked) else { return nil }
            return "\(obstacle.kind.rawValue): \(obstacle.message)"
        }
        #expect(try obstacle(.liveSync, lag: 10) == nil)
        #expect(try obstacle(.liveSync, lag: 11, force: true) == nil)
        #expect(try obstacle(.liveSync, lag: 11)?.hasPrefix("not_now: lag_keys is 11, over cutover_max_lag 10") == true)
        #expect(try obstacle(.liveSync, linked: false)?.hasPrefix("not_now: a server does not answer") == true)
        #expect(try obstacle(.paused)?.contains("is paused") == true)
        for phase in [MigrationPhase.preparing, .initialSync, .cutover] {
            #expect(try obstacle(phase)?.hasPrefix("not_now: ") == true)
        }
        for phase in [MigrationPhase.cleanup, .completed, .failed, .cancelled] {
            #expect(try obstacle(phase, force: true)?.hasPrefix("failed: ") == true)
        }
    }

    @Test func timesThatCannotBe() throws {
        let options = try CutoverOptions()
        for (ahead, words) in [
            (-7200.0, "it was 2 hours ago"), (0, "it was 1 second ago"), (366 * 86_400 + 1, "more than 366 days ahead"),
        ] {
            let error = #expect(throws: PlanError.self) {
                try CutoverSchedule(at: Self.now + ahead, options: options, now: Self.now)
            }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        for window in [0, -1, 86_401] {
            #expect(throws: PlanError.self) {
                try CutoverSchedule(at: Self.now + 1, windowSeconds: window, options: options, now: Self.now)
            }
        }
        _ = try CutoverSchedule(at: Self.now + 366 * 86_400, windowSeconds: 86_400, options: options, now: Self.now)
    }
}

private struct StepError: Error {}

import MigrationCore
import Testing

@Suite struct HookNameTests {
    @Test func aCutoverIsToldHoweverItEnds() {
        let failure = MigrationFailure(.notNow, "the lag")
        let switched = CutoverOutcome.switched(downtimeMilliseconds: 2, keysMigrated: 3)
        #expect(HookName.names(.cutoverEnded(switched), in: .cleanup) == [.switched, .afterCutover])
        #expect(HookName.names(.cutoverEnded(.back(failure)), in: .liveSync) == [.afterCutover])
    }

    @Test func theEndIsToldWhateverCameOfTheComparison() {
        let failure = MigrationFailure(.failed, "nobody watched")
        #expect(HookName.names(.verificationSkipped, in: .completed) == [.completed])
        #expect(HookName.names(.unverified(failure), in: .completed) == [.completed])
        #expect(HookName.names(.failed(failure), in: .failed) == [.failed])
    }

    /// They are run by the cutover, which waits for them.
    @Test func guardsComeOfNoEvent() {
        let events: [MigrationEvent] = [
            .synced(keys: 1), .paused, .resumed, .cutover(.fenceRaised), .verificationSkipped,
        ]
        let named = events.flatMap { HookName.names($0, in: .liveSync) }
        let guards = HookName.allCases.filter { $0.isGuard }
        #expect(guards == [.beforeCutover, .fenced])
        #expect(Set(named).isDisjoint(with: guards))
    }
}

@Suite struct LagAlarmTests {
    private var alarm = LagAlarm(threshold: 100)

    private mutating func looks(_ lags: [Int?], from start: Double = 0) -> [Double] {
        lags.enumerated().compactMap { index, lag in
            alarm.look(lag, at: start + Double(index)) ? start + Double(index) : nil
        }
    }

    @Test mutating func aLagThatStaysHighIsToldOnce() {
        #expect(looks([Int?](repeating: 101, count: 60)) == [5])
    }

    @Test mutating func aBurstIsNoNews() {
        #expect(looks([101, 101, 101, 101, 100, 101, 101, 101, 101, 101, nil, 101]).isEmpty)
    }

    @Test mutating func itIsToldAgainOnlyAfterItWasLow() {
        let high = [Int?](repeating: 200, count: 6)
        #expect(looks(high) == [5])
        #expect(looks([60] + high, from: 10).isEmpty, "a lag that swings around the threshold")
        #expect(looks([50] + high, from: 20) == [26])
    }
}

import RESP
import Testing

@testable import MigrationCore

@Suite struct CutoverStateMachineTests {
    private static let fence = MachineSamples.fence
    private static let steps = ["prepared", "fenceRaised", "barrierRead", "drained", "checked", "switched"]
    private static let actions: [CutoverAction] = [
        .raiseFence(fence), .readBarrier, .drain([.standalone: 12]), .check([.standalone: 12]), .switchTraffic,
        .finish(MachineSamples.switched),
    ]

    /// The machine after `count` steps of a cutover that goes well.
    private func machine(after count: Int) throws -> CutoverStateMachine {
        var machine = CutoverStateMachine()
        for name in Self.steps[..<count] { _ = machine.handle(try #require(MachineSamples.cutoverEvents[name])) }
        return machine
    }

    @Test func aCutoverThatGoesWell() throws {
        var machine = CutoverStateMachine()
        #expect(machine.firstAction == .prepare)
        #expect(!machine.isFenced)
        for (index, name) in Self.steps.enumerated() {
            #expect(machine.handle(try #require(MachineSamples.cutoverEvents[name])) == Self.actions[index])
            #expect(machine.isFenced == (index < Self.steps.count - 1))
        }
    }

    /// Each event that is out of turn is passed over; what may go wrong while the fence is up lowers it.
    @Test(arguments: 0..<6)
    func everyEventAtEveryStep(count: Int) throws {
        let start = try machine(after: count)
        let isFenced = count > 0
        for (name, event) in MachineSamples.cutoverEvents {
            var machine = start
            let action = machine.handle(event)
            switch name {
            case Self.steps[count]: #expect(action == Self.actions[count])
            case "checkedDifferent" where count == 4: expectLowering(action, machine, "7 keys of the tenant and the")
            case "leaked" where isFenced: expectLowering(action, machine, "although the fence was up")
            case "budgetSpent" where isFenced: expectLowering(action, machine, "ran out while draining")
            case "failed" where isFenced: expectLowering(action, machine, MachineSamples.failure.message)
            case "failed": #expect(action == .finish(MachineSamples.back))
            default:
                #expect(action == nil, "\(name) after \(count) steps")
                #expect(machine == start)
            }
        }
    }

    /// The fence goes down before the cutover ends, and the reason is the first one.
    private func expectLowering(_ action: CutoverAction?, _ machine: CutoverStateMachine, _ words: String) {
        var machine = machine
        #expect(action == .lowerFence(Self.fence))
        #expect(machine.isFenced)
        guard case .finish(.back(let failure)) = machine.handle(.fenceLowered) else {
            Issue.record("not back: \(machine)")
            return
        }
        #expect(failure.message.contains(words))
        #expect(!machine.isFenced)
    }

    @Test func theFailureToLowerIsSaidBesideTheReason() throws {
        var machine = try machine(after: 3)
        _ = machine.handle(.budgetSpent(step: "draining"))
        let second = MigrationFailure(.refused, "NOPERM")
        guard case .leave(let failure) = machine.handle(.failed(second)) else {
            Issue.record("not left: \(machine)")
            return
        }
        #expect(machine.isFenced, "it has not ended")
        #expect(failure.kind == .refused)
        #expect(failure.message.contains("ran out while draining"))
        #expect(failure.message.contains("the fence is still up: NOPERM"))
    }

    /// The tenant lives by another's switch: the fence stays, and the reason to end is that.
    @Test func aFenceThatIsNotOursIsLeft() throws {
        var machine = try machine(after: 5)
        _ = machine.handle(.failed(MigrationFailure(.unreachable, "the connection was ended")))
        let other = MigrationFailure(.superseded, "mig_b")
        #expect(machine.handle(.fenceLeft(other)) == .finish(.back(other)))
        #expect(!machine.isFenced)
    }

    @Test(arguments: ["prepared", "drained", "checked", "leaked", "switched", "budgetSpent"])
    func whileLoweringNothingElseMatters(late: String) throws {
        var machine = try machine(after: 3)
        _ = machine.handle(.failed(MachineSamples.failure))
        let before = machine
        #expect(machine.handle(try #require(MachineSamples.cutoverEvents[late])) == nil)
        #expect(machine == before)
        #expect(machine.handle(.fenceLowered) == .finish(MachineSamples.back))
    }

    @Test(arguments: MachineSamples.cutoverEvents.keys.sorted())
    func afterTheSwitchNothingLeadsBack(late: String) throws {
        var machine = try machine(after: 6)
        #expect(machine.handle(try #require(MachineSamples.cutoverEvents[late])) == nil)
        #expect(!machine.isFenced)
    }

    @Test func kindsAreThoseOfTheExitCodes() throws {
        let kinds: [(String, Int, MigrationFailure.Kind)] = [
            ("leaked", 4, .refused), ("budgetSpent", 4, .notNow), ("checkedDifferent", 4, .failed),
            ("failed", 4, .unreachable),
        ]
        for (name, count, kind) in kinds {
            var machine = try machine(after: count)
            _ = machine.handle(try #require(MachineSamples.cutoverEvents[name]))
            guard case .finish(.back(let failure)) = machine.handle(.fenceLowered) else {
                Issue.record("not back: \(name)")
                continue
            }
            #expect(failure.kind == kind, "\(name)")
        }
    }

    @Test func aLeakIsToldWithKeyAndSuspects() throws {
        var machine = try machine(after: 4)
        _ = machine.handle(.leaked(MachineSamples.leak))
        guard case .finish(.back(let failure)) = machine.handle(.fenceLowered) else {
            Issue.record("not back: \(machine)")
            return
        }
        #expect(failure.message.contains(#"SET wrote k\xff in db 3"#))
        #expect(failure.message.contains("10.0.0.9:4711 (user batch, set)"))
    }
}

/// What `--plan` shows is the machine's own course.
@Suite struct CutoverCourseTests {
    @Test func itLeadsToTheSwitch() {
        let fence = MachineSamples.fence
        #expect(
            CutoverStateMachine.course(fence) == [
                .prepare, .raiseFence(fence), .readBarrier, .drain([:]), .check([:]), .switchTraffic,
            ]
        )
    }
}

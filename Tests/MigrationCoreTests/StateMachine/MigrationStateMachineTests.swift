import RESP
import Testing

@testable import MigrationCore

@Suite struct MigrationStateMachineTests {
    private typealias Edge = (MigrationPhase, [MigrationAction])

    /// How each phase is reached, and what every event that belongs to it leads to. All others are refused.
    private struct Row {
        var phase: MigrationPhase
        var path: [String]
        var edges: [String: Edge]
    }

    private static let toPreparing = ["created", "workerStarted"]
    private static let toInitial = toPreparing + ["attached", "prepared"]
    private static let toLive = toInitial + ["synced"]
    private static let toCutover = toLive + ["cutoverRequested"]
    private static let toCleanup = toCutover + ["cutover", "switched"]

    private static func rows() throws -> [Row] {
        let options = try CutoverOptions(verify: .sample)
        let cancel: [MigrationAction] = [.cancel(force: true)]
        return [
            Row(
                phase: .preparing,
                path: toPreparing,
                edges: [
                    // Nothing is attached yet, so it may still be created.
                    "created": (.preparing, []), "workerStarted": (.preparing, [.attach]),
                    "attached": (.preparing, [.copyUsers]), "attachedAfterGap": (.preparing, [.copyUsers]),
                    "interrupted": (.preparing, []), "feedGivenUp": (.preparing, []),
                    "cancelRequested": (.preparing, cancel),
                ]
            ),
            Row(
                phase: .initialSync,
                path: toInitial,
                edges: [
                    "workerStarted": (.initialSync, [.attach]), "attached": (.initialSync, []),
                    "attachedAfterGap": (.initialSync, []), "interrupted": (.initialSync, [.attach]),
                    "feedGivenUp": (.initialSync, [.attach]), "synced": (.liveSync, []),
                    "paused": (.paused, [.freeze]), "cancelRequested": (.initialSync, cancel),
                ]
            ),
            Row(
                phase: .liveSync,
                path: toLive,
                edges: [
                    "workerStarted": (.initialSync, [.attach]), "attached": (.liveSync, []),
                    "attachedAfterGap": (.initialSync, [.synchronize(.everything)]),
                    "interrupted": (.liveSync, [.attach]), "feedGivenUp": (.liveSync, [.attach]),
                    "paused": (.paused, [.freeze]), "cutoverRequested": (.cutover, [.startCutover(options)]),
                    "cancelRequested": (.liveSync, cancel),
                ]
            ),
            Row(
                phase: .paused,
                path: toLive + ["paused"],
                edges: [
                    "workerStarted": (.paused, [.attach]), "attached": (.paused, []),
                    "attachedAfterGap": (.paused, []), "interrupted": (.paused, [.attach]),
                    "feedGivenUp": (.paused, []), "resumed": (.liveSync, [.thaw]),
                    "cancelRequested": (.paused, cancel),
                ]
            ),
            Row(
                phase: .cutover,
                path: toCutover,
                edges: [
                    "workerStarted": (.cutover, [.settleCutover]), "cutover": (.cutover, []),
                    "cutoverUnsettled": (.cutover, [.settleCutover]),
                    "cutoverSwitched": (.cleanup, []),
                    "switched": (.cleanup, [.verify(.sample)]), "back": (.liveSync, []),
                    "cancelRequested": (.cutover, [.settleCutover]),
                ]
            ),
            // The switch is written down, and the cutover has not ended: what is left of it is said, and nothing leads back.
            Row(
                phase: .cleanup,
                path: toCutover + ["cutoverSwitched"],
                edges: [
                    "workerStarted": (.cleanup, [.settleCutover]), "cutover": (.cleanup, []),
                    "cutoverSwitched": (.cleanup, []), "cutoverUnsettled": (.cleanup, [.settleCutover]),
                    "switched": (.cleanup, [.verify(.sample)]),
                ]
            ),
            Row(
                phase: .cleanup,
                path: toCleanup,
                edges: [
                    "workerStarted": (.cleanup, [.verify(.sample)]), "verified": (.completed, [.end]),
                    "verificationSkipped": (.completed, [.end]), "unverified": (.completed, [.end]),
                ]
            ),
            Row(phase: .completed, path: toCleanup + ["verified"], edges: ["cleaned": (.completed, [])]),
            Row(phase: .cancelled, path: toLive + ["cancelRequested", "cancelled"], edges: [:]),
            Row(phase: .superseded, path: toLive + ["superseded"], edges: [:]),
            Row(
                phase: .failed,
                path: toLive + ["failed"],
                edges: ["workerStarted": (.initialSync, [.attach]), "cancelRequested": (.liveSync, cancel)]
            ),
        ]
    }

    /// What the source had counts until both sides are in sync again, also for the next worker and after another gap.
    @Test func whatTheSourceHadIsRememberedUntilBothAreInSync() throws {
        var machine = try machine(Self.toLive)
        for (keys, known) in [(500, 500), (0, 500), (nil, 500)] as [(Int?, Int)] {
            var attachment = MachineSamples.attachmentAfterGap
            attachment.keysBefore = keys
            _ = try machine.handle(.workerStarted(processID: 7))
            _ = try machine.handle(.attached(attachment))
            #expect(machine.keysBefore == known)
        }
        _ = try machine.handle(.synced(keys: 3))
        #expect(machine.keysBefore == nil)
    }

    @Test func everyEventInEveryPhase() throws {
        let events = try MachineSamples.events()
        for row in try Self.rows() {
            let start = try machine(row.path)
            #expect(start.phase == row.phase)
            var edges = row.edges
            edges["stopped"] = (row.phase, [.end])
            // What is changed at the source, or beside the migration, is written down in any phase.
            for name in ["settingRaised", "settingRestored", "workerChanged"] { edges[name] = (row.phase, []) }
            // A schedule is for any time before the switch; one that has failed has to be resumed first.
            if ![.cleanup, .completed, .cancelled, .superseded].contains(row.phase) {
                edges["superseded"] = (.superseded, [.end])
                for name in ["cutoverUnscheduled", "cutoverScheduleEnded"] { edges[name] = (row.phase, []) }
                if row.phase != .failed { edges["cutoverScheduled"] = (row.phase, []) }
            }
            // A failed migration may be resumed, and begins with it then.
            if ![.cutover, .cleanup, .completed, .cancelled, .superseded].contains(row.phase) {
                edges["updated"] = (row.phase, [.update(try TransferUpdate(parallel: 8))])
            }
            edges["failed"] = row.phase.isFinal ? (row.phase, []) : (.failed, [.end])
            for (name, event) in events {
                var machine = start
                if let (phase, actions) = edges[name] {
                    #expect(try machine.handle(event) == actions, "\(row.phase): \(name)")
                    #expect(machine.phase == phase, "\(row.phase): \(name)")
                } else {
                    let error = #expect(throws: TransitionError.self, "\(row.phase): \(name)") {
                        try machine.handle(event)
                    }
                    #expect(error?.phase == row.phase)
                    #expect(machine == start, "\(row.phase): \(name) changed something")
                }
            }
        }
    }

    /// The operator reads why.
    @Test(arguments: ["paused", "updated"]) func behindTheSwitchNothingIsCopied(name: String) throws {
        var machine = try machine(Self.toCleanup)
        let event = try #require(try MachineSamples.events()[name])
        let error = #expect(throws: TransitionError.self) { try machine.handle(event) }
        #expect(error?.reason == "traffic is switched, and nothing is left to copy")
    }

    @Test func whatIsBeingCancelledIsNotUpdated() throws {
        var machine = try machine(Self.toLive + ["cancelRequested"])
        let error = #expect(throws: TransitionError.self) { try machine.handle(.updated(TransferUpdate(parallel: 8))) }
        #expect(error?.reason == "it is being cancelled")
    }

    /// After a crash nothing is in memory: names are compared, whatever the phase was.
    @Test(arguments: [toInitial, toLive, toLive + ["failed"]])
    func aNewWorkerComparesNames(path: [String]) throws {
        var machine = try machine(path + ["workerStarted"])
        #expect(machine.phase == .initialSync)
        #expect(try machine.handle(.attached(MachineSamples.attachment)) == [.synchronize(.missing)])
        #expect(try machine.handle(.synced(keys: 1)) == [])
        #expect(machine.phase == .liveSync)
    }

    /// Whatever is owed stays owed, over any number of interruptions and crashes, until it is done.
    @Test(arguments: [
        ["interrupted"], ["workerStarted"], ["workerStarted", "interrupted"], ["failed", "workerStarted"],
    ])
    func aGapStaysOwed(meanwhile: [String]) throws {
        var machine = try machine(Self.toLive + ["attachedAfterGap"] + meanwhile)
        #expect(try machine.handle(.attached(MachineSamples.attachment)) == [.synchronize(.everything)])
    }

    @Test func aConnectionThatComesBackInLiveSyncOwesNothing() throws {
        var machine = try machine(Self.toLive + ["interrupted"])
        #expect(!machine.isLinked)
        #expect(throws: TransitionError.self) { try machine.handle(.cutoverRequested(CutoverOptions())) }
        #expect(try machine.handle(.attached(MachineSamples.attachment)) == [])
        #expect(machine.isLinked)
    }

    @Test func anInterruptionIsMetOnce() throws {
        var machine = try machine(Self.toLive + ["interrupted"])
        #expect(try machine.handle(.interrupted(MachineSamples.failure)) == [])
    }

    @Test func theScanGoesOnAfterAnInterruptionAndAPause() throws {
        var machine = try machine(Self.toInitial + ["interrupted", "paused"])
        #expect(machine.phase == .paused)
        #expect(try machine.handle(.attached(MachineSamples.attachment)) == [])
        #expect(try machine.handle(.resumed) == [.thaw, .synchronize(.fresh)])
        #expect(machine.phase == .initialSync)
    }

    @Test func aScanThatAPauseOnlyHeldUpIsNotBegunAgain() throws {
        var machine = try machine(Self.toInitial + ["paused"])
        #expect(try machine.handle(.resumed) == [.thaw])
    }

    @Test func aFeedThatWasGivenUpInAPauseIsAttachedWithTheResume() throws {
        var machine = try machine(Self.toLive + ["paused", "feedGivenUp"])
        #expect(try machine.handle(.resumed) == [.thaw, .attach])
    }

    /// The target may hold what the migration did not put there.
    @Test func withReplaceEverythingIsOwedFromTheBeginning() throws {
        var plan = try MachineSamples.plan()
        plan.replace = true
        var machine = MigrationStateMachine()
        _ = try machine.handle(.created(plan))
        for name in Self.toInitial.dropFirst().dropLast() {
            _ = try machine.handle(#require(MachineSamples.events()[name]))
        }
        #expect(try machine.handle(.prepared(users: [])) == [.synchronize(.everything)])
    }

    @Test func aCutoverThatWentBackLeavesItsReasonUntilTheNextBegins() throws {
        var machine = try machine(Self.toCutover + ["back"])
        #expect(machine.failure == MachineSamples.failure)
        #expect(machine.outcome == MachineSamples.back)
        _ = try machine.handle(.cutoverRequested(CutoverOptions()))
        #expect(machine.failure == nil)
        _ = try machine.handle(.cutoverEnded(MachineSamples.switched))
        #expect(machine.outcome == MachineSamples.switched)
        #expect(machine.failure == nil)
    }

    /// The worker died in the cutover: what is found decides, and live sync begins with names.
    @Test func aCutoverIsSettledBeforeAnythingElse() throws {
        var back = try machine(Self.toCutover + ["workerStarted"])
        #expect(try back.handle(.cutoverEnded(MachineSamples.back)) == [.attach])
        #expect(try back.handle(.attached(MachineSamples.attachment)) == [.synchronize(.missing)])
        var forward = try machine(Self.toCutover + ["workerStarted"])
        #expect(try forward.handle(.cutoverEnded(MachineSamples.switched)) == [.verify(.sample)])
    }

    /// A cancel lowers a fence first; where traffic turns out to be switched it does not happen.
    @Test func aCancelSettlesACutover() throws {
        var back = try machine(Self.toCutover + ["cancelRequested"])
        #expect(try back.handle(.cutoverEnded(MachineSamples.back)) == [.cancel(force: true)])
        var forward = try machine(Self.toCutover + ["cancelRequested"])
        #expect(try forward.handle(.cutoverEnded(MachineSamples.switched)) == [.verify(.sample)])
        #expect(!forward.isCancelling)
    }

    @Test func aCancelThatWasBrokenOffGoesOn() throws {
        var machine = try machine(Self.toLive + ["cancelRequested"])
        #expect(machine.isCancelling)
        #expect(try machine.handle(.workerStarted(processID: 2)) == [.cancel(force: true)])
        #expect(try machine.handle(.cancelRequested(force: false)) == [.cancel(force: true)])
        #expect(throws: TransitionError.self) { try machine.handle(.synced(keys: 1)) }
    }

    /// A failure that stood before would hide the next, and nothing would end.
    @Test func aCancelThatFailsAgainEndsAgain() throws {
        var machine = try machine(Self.toLive + ["cancelRequested"])
        for _ in 0..<2 {
            #expect(try machine.handle(.failed(MachineSamples.failure)) == [.end])
            #expect(machine.phase == .failed)
            #expect(try machine.handle(.cancelRequested(force: false)) == [.cancel(force: true)])
        }
    }

    @Test func aFailureAfterTheSwitchTakesNothingBack() throws {
        var machine = try machine(Self.toCleanup)
        #expect(try machine.handle(.unverified(MachineSamples.failure)) == [.end])
        #expect(machine.phase == .completed)
        #expect(machine.outcome == MachineSamples.switched)
        #expect(machine.failure == MachineSamples.failure)
        var failed = try self.machine(Self.toCleanup + ["failed"])
        #expect(failed.phase == .failed && failed.isSwitched)
        #expect(try failed.handle(.workerStarted(processID: 2)) == [.verify(.sample)])
    }

    /// What takes a schedule away, and what leaves it. A cutover by hand that goes back leaves it, as a crash does.
    @Test(arguments: [
        (["paused", "resumed", "interrupted", "attached", "workerStarted"], true),
        (["cutoverRequested", "back"], true), (["cutoverRequested", "workerStarted", "back"], true),
        (["failed", "workerStarted"], true), (["cutoverRequested", "switched"], false),
        (["cancelRequested"], false), (["cutoverUnscheduled"], false), (["cutoverScheduleEnded"], false),
    ])
    func aScheduleStaysUntilItIsDone(events: [String], stays: Bool) throws {
        let schedule = try MachineSamples.schedule()
        for path in [Self.toLive + ["cutoverScheduled"], Self.toLive + ["cutoverScheduled", "cutoverScheduled"]] {
            let machine = try machine(path + events)
            #expect(machine.schedule == (stays ? schedule : nil))
            #expect((machine.scheduleEnd != nil) == (events == ["cutoverScheduleEnded"]))
        }
        let again = try machine(Self.toLive + ["cutoverScheduled", "cutoverScheduleEnded", "cutoverScheduled"])
        #expect(again.schedule == schedule && again.scheduleEnd == nil)
    }

    /// Neither side is its own any more: nothing is taken back, also of a cancel or a cutover that was under way.
    @Test(arguments: [toLive, toCutover, toLive + ["cancelRequested"], toLive + ["failed"], toLive + ["paused"]])
    func whatIsSupersededIsOver(path: [String]) throws {
        var machine = try machine(path + ["superseded"])
        #expect(machine.phase == .superseded && machine.phase.isOver && !machine.isCancelling)
        #expect(machine.supersededBy == "mig_b" && machine.failure == MachineSamples.failure)
        #expect(throws: TransitionError.self) { try machine.handle(.workerStarted(processID: 2)) }
        #expect(throws: TransitionError.self) { try machine.handle(.cancelRequested(force: true)) }
    }

    @Test func aSecondFailureChangesNothing() throws {
        var machine = MigrationStateMachine()
        _ = try machine.handle(.failed(MachineSamples.failure))
        let before = machine
        #expect(try machine.handle(.failed(MigrationFailure(.failed, "another"))) == [])
        #expect(machine == before)
    }

    private func machine(_ path: [String]) throws -> MigrationStateMachine {
        let events = try MachineSamples.events()
        var machine = MigrationStateMachine()
        for name in path { _ = try machine.handle(#require(events[name])) }
        return machine
    }
}

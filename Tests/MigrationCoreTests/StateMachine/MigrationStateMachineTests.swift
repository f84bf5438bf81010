import RESP
import Testing

@testable import MigrationCore

@Suite struct MigrationStateMachineTests {
    /// How each phase is reached, and what every event that belongs to it leads to. All others are refused.
    struct Row: Sendable, CustomTestStringConvertible {
        var phase: MigrationPhase
        var path: [String]
        var edges: [String: (MigrationPhase, [MigrationAction])]

        var testDescription: String { phase.rawValue }
    }

    private static let toLive = ["created", "workerStarted", "prepared", "synced"]
    private static let toCleanup = toLive + ["cutoverRequested", "cutover", "switched"]

    static func rows() throws -> [Row] {
        let options = try CutoverOptions(verify: .sample)
        // From anywhere.
        func with(
            _ phase: MigrationPhase,
            _ edges: [String: (MigrationPhase, [MigrationAction])]
        ) -> [String: (MigrationPhase, [MigrationAction])] {
            let always: [String: (MigrationPhase, [MigrationAction])] = [
                "stopped": (phase, [.end]),
                "failed": phase.isFinal ? (phase, []) : (.failed, [.end]),
            ]
            return always.merging(edges) { $1 }
        }
        return [
            Row(
                phase: .preparing,
                path: [],
                edges: with(
                    .preparing,
                    [
                        "created": (.preparing, []), "workerStarted": (.preparing, [.prepare]),
                        "prepared": (.initialSync, [.synchronize]),
                    ]
                )
            ),
            Row(
                phase: .initialSync,
                path: ["created", "workerStarted", "prepared"],
                edges: with(.initialSync, ["synced": (.liveSync, [])])
            ),
            Row(
                phase: .liveSync,
                path: toLive,
                edges: with(.liveSync, ["cutoverRequested": (.cutover, [.startCutover(options)])])
            ),
            Row(
                phase: .cutover,
                path: toLive + ["cutoverRequested"],
                edges: with(
                    .cutover,
                    [
                        "cutover": (.cutover, []), "switched": (.cleanup, [.verify(.sample)]),
                        "back": (.liveSync, []),
                    ]
                )
            ),
            Row(
                phase: .cleanup,
                path: toCleanup,
                edges: with(
                    .cleanup,
                    ["verified": (.completed, [.end]), "verificationSkipped": (.completed, [.end])]
                )
            ),
            Row(phase: .completed, path: toCleanup + ["verified"], edges: with(.completed, [:])),
            Row(phase: .failed, path: ["created", "failed"], edges: with(.failed, [:])),
        ]
    }

    @Test func everyEventInEveryPhase() throws {
        let events = try MachineSamples.events()
        for row in try Self.rows() {
            var start = MigrationStateMachine()
            for name in row.path { _ = try start.handle(#require(events[name])) }
            #expect(start.phase == row.phase)
            for (name, event) in events {
                var machine = start
                if let (phase, actions) = row.edges[name] {
                    #expect(try machine.handle(event) == actions, "\(row.phase): \(name)")
                    #expect(machine.phase == phase, "\(row.phase): \(name)")
                } else {
                    let error = #expect(throws: TransitionError.self) { try machine.handle(event) }
                    #expect(error?.phase == row.phase)
                    #expect(machine == start, "\(row.phase): \(name) changed something")
                }
            }
        }
    }

    @Test func aCutoverThatWentBackLeavesItsReasonUntilTheNextBegins() throws {
        let events = try MachineSamples.events()
        var machine = MigrationStateMachine()
        for name in Self.toLive + ["cutoverRequested", "back"] { _ = try machine.handle(#require(events[name])) }
        #expect(machine.failure == MachineSamples.failure)
        #expect(machine.outcome == MachineSamples.back)
        _ = try machine.handle(#require(events["cutoverRequested"]))
        #expect(machine.failure == nil)
        _ = try machine.handle(#require(events["switched"]))
        #expect(machine.outcome == MachineSamples.switched)
        #expect(machine.failure == nil)
    }

    @Test func aFailureAfterTheSwitchTakesNothingBack() throws {
        let events = try MachineSamples.events()
        var machine = MigrationStateMachine()
        for name in Self.toCleanup + ["failed"] { _ = try machine.handle(#require(events[name])) }
        #expect(machine.phase == .failed)
        #expect(machine.outcome == MachineSamples.switched)
        #expect(machine.failure == MachineSamples.failure)
    }

    @Test func aSecondFailureChangesNothing() throws {
        var machine = MigrationStateMachine()
        _ = try machine.handle(.failed(MachineSamples.failure))
        let before = machine
        #expect(try machine.handle(.failed(MigrationFailure(.failed, "another"))) == [])
        #expect(machine == before)
    }
}

import MigrationTestSupport
import Testing

extension Faults {
    /// The short form of `make fault`, and each fault of the network for itself.
    @Suite struct FaultScheduleTests {
        enum Phase: String, CaseIterable {
            case initialSync, liveSync
        }

        static let kinds: [Fault.Kind] = [
            .cut, .stall(milliseconds: 400, bothWays: false), .drip(bytes: 50, every: 2, milliseconds: 400),
            .corrupt(.type), .corrupt(.length), .corrupt(.payload),
        ]

        @Test(arguments: [410, 414] as [UInt64])
        func aRoundOfRandomFaults(seed: UInt64) throws {
            try play(FaultSchedule(seed: seed))
        }

        private static func step(_ event: FaultEvent, after wait: Int = 100) -> FaultSchedule.Step {
            FaultSchedule.Step(wait: wait, event: event)
        }

        /// What random rounds are beside plain ones, each with little that goes wrong.
        static let kindsOfRounds: [FaultSchedule] = [
            FaultSchedule(traits: [.bigValues], steps: [step(.killAll(down: 100, failPoint: nil), after: 1500)]),
            FaultSchedule(traits: [.notifications], steps: [step(.killFeed), step(.killWorker)]),
            FaultSchedule(
                traits: [.cancel, .again],
                removal: [
                    step(.network(.target, Fault(.stall(milliseconds: 900, bothWays: false), .toServer)), after: 0),
                    step(.killAll(down: 0, failPoint: nil)),
                ]
            ),
            FaultSchedule(
                traits: [.aclFile, .pauseFence, .cleanup],
                afterSwitch: [step(.restart(.source, down: 50, keepsData: true), after: 0), step(.killWorker)],
                removal: [step(.killAll(down: 0, failPoint: nil))]
            ),
            FaultSchedule(
                traits: [.tightServers, .bigValues],
                steps: [step(.killFeed), step(.killWorker, after: 2500)]
            ),
            FaultSchedule(traits: [.replica], steps: [step(.failover(losesWrites: true))]),
        ]

        @Test(arguments: kindsOfRounds)
        func aRoundOfItsKind(schedule: FaultSchedule) throws {
            try play(schedule)
        }

        /// The same number is the same round, and every trait comes.
        @Test func aScheduleIsMadeFromItsNumber() {
            let schedules = (1...100).map { FaultSchedule(seed: $0) }
            #expect(schedules == (1...100).map { FaultSchedule(seed: $0) })
            #expect(schedules.reduce(into: Set()) { $0.formUnion($1.traits) } == Set(FaultTrait.allCases))
            let removed = schedules.filter { !$0.removal.isEmpty }
            #expect(removed.allSatisfy { !$0.traits.isDisjoint(with: [.cancel, .cleanup]) })
        }

        /// Both servers, both directions where there are two, one after the other.
        @Test(arguments: kinds, Phase.allCases)
        func theNetworkFails(kind: Fault.Kind, phase: Phase) throws {
            let events = Self.events(kind, phase)
            let steps = events.map { FaultSchedule.Step(wait: 250, event: $0) } + [Self.pause]
            let schedule =
                switch phase {
                case .initialSync: FaultSchedule(keys: 4000, beginning: events, steps: [Self.pause])
                case .liveSync: FaultSchedule(steps: steps)
                }
            let outcome = try play(schedule)
            #expect(outcome.happened.count == events.count, "\(outcome.happened)")
        }

        private static let pause = FaultSchedule.Step(wait: 500, event: .pause(time: 0))

        private static func events(_ kind: Fault.Kind, _ phase: Phase) -> [FaultEvent] {
            // In the initial sync behind what is asked before it begins: the names and values of 4000 keys.
            let source = (toTool: phase == .initialSync ? 90_000 : 300, toServer: phase == .initialSync ? 50_000 : 300)
            let target = (toTool: phase == .initialSync ? 20_000 : 30, toServer: phase == .initialSync ? 90_000 : 300)
            let answers: [FaultEvent] = [
                .network(.source, Fault(kind, .toTool, after: source.toTool)),
                .network(.target, Fault(kind, .toTool, after: target.toTool)),
            ]
            switch kind {
            case .corrupt(.payload): return [answers[0]]
            // A target answers no array to what stores a key, and no bulk string.
            case .corrupt(.length): return [answers[0]]
            case .corrupt: return answers
            default: break
            }
            return answers + [
                .network(.source, Fault(kind, .toServer, after: source.toServer)),
                .network(.target, Fault(kind, .toServer, after: target.toServer)),
            ]
        }

        @discardableResult
        private func play(_ schedule: FaultSchedule) throws -> FaultOutcome {
            let round = try FaultRound(schedule)
            let outcome = round.run()
            #expect(outcome.problems == [], "\(schedule)\n\(round.story.joined(separator: "\n"))")
            return outcome
        }
    }
}

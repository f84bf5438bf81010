/// What happens in one round, made from a number: the same number is the same round.
package struct FaultSchedule: Codable, Equatable, Sendable {
    package struct Step: Codable, Equatable, Sendable {
        /// Milliseconds after the step before it.
        package var wait: Int
        package var event: FaultEvent

        package init(wait: Int, event: FaultEvent) {
            self.wait = wait
            self.event = event
        }
    }

    package let seed: UInt64
    package let keys: Int
    /// Writes per second.
    package let rate: Int
    package let parallel: Int
    /// Told to the proxies before the migration begins.
    package let beginning: [FaultEvent]
    package let steps: [Step]

    package init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        self.seed = seed
        keys = random.pick([300, 1500, 4000])
        rate = random.pick([200, 600, 1500])
        parallel = 1 + random.below(4)
        beginning = (0..<random.below(3)).map { _ in .network(random.pick(FaultSide.allCases), .random(&random)) }
        let count = 5 + random.below(8)
        steps = (0..<count).map { number in
            Step(wait: 20 + random.below(900), event: .random(&random, isLate: number * 3 >= count * 2))
        }
    }

    /// A round of one's own.
    package init(keys: Int = 400, rate: Int = 600, beginning: [FaultEvent] = [], steps: [Step]) {
        seed = 1
        self.keys = keys
        self.rate = rate
        parallel = 3
        self.beginning = beginning
        self.steps = steps
    }
}

extension FaultSchedule: CustomStringConvertible {
    /// A line for each step.
    package var description: String {
        let head = ["seed \(seed): \(keys) keys, \(rate) writes/s, \(parallel) lanes"]
        let first = beginning.map { "    before   \($0)" }
        return (head + first + steps.map { "    +\($0.wait) ms  \($0.event)" }).joined(separator: "\n")
    }
}

extension Fault {
    static func random(_ random: inout SplitMix64) -> Fault {
        let kind: Kind
        switch random.below(14) {
        case 0...2: kind = .cut
        case 3: kind = .halfCut(milliseconds: 200 + random.below(4000))
        case 4...6: kind = .stall(milliseconds: 50 + random.below(3000), bothWays: random.chance(1, in: 2))
        case 7, 8:
            let pace = (bytes: 1 + random.below(200), every: 1 + random.below(10))
            kind = .drip(bytes: pace.bytes, every: pace.every, milliseconds: 200 + random.below(1500))
        case 9: kind = .delay(by: 1 + random.below(80), milliseconds: 200 + random.below(2000))
        case 10: kind = .refuse(milliseconds: 50 + random.below(2500))
        default: kind = .corrupt(random.pick(Corruption.allCases))
        }
        return Fault(
            kind,
            random.pick(Direction.allCases),
            after: random.below(random.pick([300, 4000, 50_000])),
            isWide: random.chance(1, in: 3)
        )
    }
}

extension FaultEvent {
    private static let failPoints = [
        "attach_feed", "open_lanes", "scan_page", "census", "settle", "copy_users",
    ]

    /// A cutover succeeds late at the earliest: little can happen after it.
    static func random(_ random: inout SplitMix64, isLate: Bool) -> FaultEvent {
        switch random.below(24) {
        case 0...8: .network(random.pick(FaultSide.allCases), .random(&random))
        case 9: .restart(.source, down: random.below(800), keepsData: true)
        case 10, 11: .restart(.target, down: random.below(800), keepsData: random.chance(1, in: 2))
        case 12: .suspend(random.pick(FaultSide.allCases), time: 100 + random.below(3000))
        case 13: .killFeed
        case 14: .smallFeedBuffer(time: 200 + random.below(1000))
        case 15: .refusal(random.pick(FaultRefusal.allCases), time: 100 + random.below(1500))
        case 16: .killWorker
        case 17, 18: .killAll(down: random.below(1000), failPoint: failPoint(&random))
        case 19: .pause(time: random.below(1500))
        case 20: .flush
        case 21: .verify
        default: cutover(&random, isLate)
        }
    }

    private static func failPoint(_ random: inout SplitMix64) -> String? {
        random.chance(1, in: 2) ? "\(random.pick(failPoints)):\(random.pick(["crash", "error"]))" : nil
    }

    private static func cutover(_ random: inout SplitMix64, _ isLate: Bool) -> FaultEvent {
        .cutover(
            maxPause: isLate ? random.pick([20, 100, 400, 2000]) : 10,
            killedAfter: random.chance(1, in: 3) ? 20 + random.below(150) : nil
        )
    }
}

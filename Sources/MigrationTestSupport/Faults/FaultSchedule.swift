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
    package let traits: Set<FaultTrait>
    package let keys: Int
    /// Writes per second.
    package let rate: Int
    package let parallel: Int
    /// Told to the proxies before the migration begins.
    package let beginning: [FaultEvent]
    package let steps: [Step]
    /// Behind the switch, while both sides are compared.
    package let afterSwitch: [Step]
    /// While the migration is cancelled, or its source cleaned up.
    package let removal: [Step]

    package init(seed: UInt64) {
        // A number for itself: what went wrong in a round of some number stays what it was.
        var other = SplitMix64(seed: seed ^ 0x6b69_6e64)
        var traits = FaultTrait.random(&other)
        // Likewise.
        var limits = SplitMix64(seed: seed ^ 0x7469_6768)
        if limits.chance(1, in: 4) { traits.insert(.tightServers) }
        // The same again.
        var past = Self.past(seed)
        if past.chance(1, in: 4) { traits.insert(.histories) }
        var random = SplitMix64(seed: seed)
        self.seed = seed
        self.traits = traits
        keys = random.pick([300, 1500, 4000])
        rate = random.pick([200, 600, 1500])
        parallel = 1 + random.below(4)
        beginning = (0..<random.below(3)).map { _ in .network(random.pick(FaultSide.allCases), .random(&random)) }
        let count = 5 + random.below(8)
        var steps = (0..<count).map { number in
            // What is to be cancelled must not be switched before.
            let isLate = number * 3 >= count * 2 && !traits.contains(.cancel)
            return Step(wait: 20 + random.below(900), event: .random(&random, isLate: isLate))
        }
        if traits.contains(.replica) {
            let failover = Step(wait: 20 + other.below(900), event: .failover(losesWrites: other.chance(1, in: 2)))
            steps.insert(failover, at: other.below(count * 2 / 3))
        }
        self.steps = steps
        let later = Self.few(4, within: 80, &other) { [traits] in
            .afterSwitch(&$0, keepsUsers: traits.contains(.aclFile))
        }
        // A source that reads its file again knows less of its streams than the target does.
        afterSwitch = later.filter { !traits.contains(.histories) || !$0.event.startsAgain(.source) }
        let removes = !traits.isDisjoint(with: [.cancel, .cleanup])
        removal = Self.few(removes ? 5 : 1, within: 150, &other) { [traits] in .removal(&$0, traits) }
    }

    private static func past(_ seed: UInt64) -> SplitMix64 { SplitMix64(seed: seed ^ 0x7061_7374) }

    /// Which servers the round has.
    var version: RedisVersion {
        guard traits.contains(.histories) else { return .v7 }
        var past = Self.past(seed)
        _ = past.next()
        return past.pick([.v7, .v82, .valkey91].filter(\.isAvailable))
    }

    /// Fewer than `bound`.
    private static func few(
        _ bound: Int,
        within wait: Int,
        _ random: inout SplitMix64,
        _ event: (inout SplitMix64) -> FaultEvent
    ) -> [Step] {
        (0..<random.below(bound)).map { _ in Step(wait: random.below(random.pick([1, wait])), event: event(&random)) }
    }

    /// A round of one's own.
    package init(
        traits: Set<FaultTrait> = [],
        keys: Int = 400,
        rate: Int = 600,
        beginning: [FaultEvent] = [],
        steps: [Step] = [],
        afterSwitch: [Step] = [],
        removal: [Step] = []
    ) {
        seed = 1
        self.traits = traits
        self.keys = keys
        self.rate = rate
        parallel = 3
        self.beginning = beginning
        self.steps = steps
        self.afterSwitch = afterSwitch
        self.removal = removal
    }
}

extension FaultSchedule: CustomStringConvertible {
    /// The round's traits, in one order.
    package var kind: String {
        let names = FaultTrait.allCases.filter(traits.contains).map(\.rawValue)
        let servers = version == .v7 ? [] : ["\(version)"]
        return names.isEmpty ? "plain" : (names + servers).joined(separator: " ")
    }

    /// A line for each step.
    package var description: String {
        let head = ["seed \(seed), \(kind): \(keys) keys, \(rate) writes/s, \(parallel) lanes"]
        let first = beginning.map { "    before   \($0)" }
        let later = Self.lines("behind the switch ", afterSwitch) + Self.lines("during the removal ", removal)
        return (head + first + Self.lines("", steps) + later).joined(separator: "\n")
    }

    private static func lines(_ when: String, _ steps: [Step]) -> [String] {
        steps.map { "    \(when)+\($0.wait) ms  \($0.event)" }
    }
}

/// Commands on a hash of a few fields.
struct HashHistory: Sendable {
    private let name: Bytes

    private let ballast: Int

    init(_ name: Bytes, ballast: Int) {
        self.name = name
        self.ballast = ballast
    }

    func next(_ random: inout SplitMix64) -> [any RESPArgument] {
        if ballast > 0, random.chance(1, in: 12) { return ["HSET", name, field(&random), random.bytes(ballast)] }
        return switch random.below(14) {
        case 0...3: ["HSET", name] + pairs(&random)
        case 4: ["HDEL", name] + fields(&random)
        case 5: ["HINCRBY", name, "n\(random.below(3))", random.below(9)]
        case 6: ["HINCRBYFLOAT", name, "n\(random.below(3))", "0.5"]
        case 7, 8: expire(&random)
        case 9: ["HPERSIST", name] + counted(fields(&random))
        case 10: ["HGETEX", name] + lifetime(&random, orElse: "PERSIST") + counted(fields(&random))
        case 11, 12: setWithExpiry(&random)
        default: ["HGETDEL", name] + counted(fields(&random))
        }
    }

    private func field(_ random: inout SplitMix64) -> String {
        random.chance(1, in: 4) ? "n\(random.below(3))" : "f\(random.below(12))"
    }

    private func fields(_ random: inout SplitMix64) -> [any RESPArgument] {
        Array(Set((0...random.below(3)).map { _ in field(&random) })).sorted()
    }

    private func pairs(_ random: inout SplitMix64) -> [any RESPArgument] {
        fields(&random).flatMap { [$0, random.below(1000)] as [any RESPArgument] }
    }

    private func counted(_ fields: [any RESPArgument]) -> [any RESPArgument] { ["FIELDS", fields.count] + fields }

    private func expire(_ random: inout SplitMix64) -> [any RESPArgument] {
        let words: [any RESPArgument] =
            switch random.below(5) {
            case 0: ["HEXPIRE", name, 1 + random.below(3000)]
            case 1: ["HPEXPIRE", name, random.below(3000)]
            case 2: ["HEXPIREAT", name, 4_102_444_800 + random.below(5)]
            default: ["HPEXPIREAT", name, 4_102_444_800_000 + random.below(5)]
            }
        let condition = random.chance(1, in: 3) ? [random.pick(["NX", "XX", "GT", "LT"])] : []
        return words + condition + counted(fields(&random))
    }

    private func lifetime(_ random: inout SplitMix64, orElse last: String) -> [any RESPArgument] {
        switch random.below(5) {
        case 0: ["EX", 1 + random.below(3000)]
        case 1: ["PX", 1 + random.below(3000)]
        case 2: ["PXAT", 4_102_444_800_000 + random.below(5)]
        case 3: [last]
        default: []
        }
    }

    private func setWithExpiry(_ random: inout SplitMix64) -> [any RESPArgument] {
        let condition = random.chance(1, in: 3) ? [random.pick(["FNX", "FXX"])] : []
        let pairs = pairs(&random)
        return ["HSETEX", name] + condition + lifetime(&random, orElse: "KEEPTTL") + ["FIELDS", pairs.count / 2] + pairs
    }
}

/// Commands on a stream whose ids are few, so that they meet again and again.
struct StreamHistory: Sendable {
    private let name: Bytes
    private var clock = 1

    private let ballast: Int

    init(_ name: Bytes, ballast: Int) {
        self.name = name
        self.ballast = ballast
    }

    mutating func next(_ random: inout SplitMix64) -> [any RESPArgument] {
        switch random.below(24) {
        case 0...6: add(&random)
        case 7: ["XDEL", name] + ids(&random)
        case 8: trim(&random)
        case 9: setID(&random)
        case 10, 11: group(&random)
        case 12...15:
            ["XREADGROUP", "GROUP", someGroup(&random), someConsumer(&random), "COUNT", 1 + random.below(5)]
                + (random.chance(1, in: 5) ? ["NOACK"] : []) + ["STREAMS", name, ">"]
        case 16, 17: ["XACK", name, someGroup(&random)] + ids(&random)
        case 18, 19: claim(&random)
        case 20:
            [
                "XAUTOCLAIM", name, someGroup(&random), someConsumer(&random), 0, id(&random), "COUNT",
                1 + random.below(4),
            ]
                + (random.chance(1, in: 2) ? ["JUSTID"] : [])
        case 21: withReferences(&random)
        default: add(&random)
        }
    }

    private func id(_ random: inout SplitMix64) -> String { "\(1 + random.below(clock + 3))-\(random.below(2))" }

    private func ids(_ random: inout SplitMix64) -> [any RESPArgument] {
        (0...random.below(3)).map { _ in id(&random) }
    }

    private func someGroup(_ random: inout SplitMix64) -> String { random.pick(["g", "h", "other group"]) }
    private func someConsumer(_ random: inout SplitMix64) -> String { random.pick(["ann", "bob", "c"]) }

    private mutating func add(_ random: inout SplitMix64) -> [any RESPArgument] {
        clock += random.below(3)
        let trim: [any RESPArgument] =
            switch random.below(12) {
            case 0: ["MAXLEN", random.below(6)]
            case 1: ["MINID", id(&random)]
            case 2: ["MAXLEN", random.below(6), "ACKED"]
            default: []
            }
        let new = random.chance(1, in: 6) ? id(&random) : "\(clock)-\(random.below(3))"
        return ["XADD", name] + trim + [new, "f", value(&random)]
    }

    private func value(_ random: inout SplitMix64) -> Bytes {
        let isLong = ballast > 0 && random.chance(1, in: 6)
        return random.bytes(isLong ? ballast : random.below(12))
    }

    private func trim(_ random: inout SplitMix64) -> [any RESPArgument] {
        let strategy = random.chance(1, in: 3) ? [random.pick(["KEEPREF", "DELREF", "ACKED"])] : []
        if random.chance(1, in: 2) { return ["XTRIM", name, "MINID", id(&random)] + strategy }
        return ["XTRIM", name, "MAXLEN", random.pick([0, 1, 2, 5])] + strategy
    }

    private func setID(_ random: inout SplitMix64) -> [any RESPArgument] {
        let new = random.pick([id(&random), "0-0", "\(clock + random.below(5))-7"])
        guard random.chance(1, in: 2) else { return ["XSETID", name, new] }
        return [
            "XSETID", name, new, "ENTRIESADDED", random.below(60), "MAXDELETEDID", random.pick(["0-0", id(&random)]),
        ]
    }

    private func group(_ random: inout SplitMix64) -> [any RESPArgument] {
        let (group, start) = (someGroup(&random), random.pick(["0", "$", id(&random)]))
        let read: [any RESPArgument] = random.chance(1, in: 2) ? ["ENTRIESREAD", random.below(50)] : []
        switch random.below(10) {
        case 0...3: return ["XGROUP", "CREATE", name, group, start, "MKSTREAM"] + read
        case 4...6: return ["XGROUP", "SETID", name, group, start] + read
        case 7: return ["XGROUP", "CREATECONSUMER", name, group, someConsumer(&random)]
        case 8: return ["XGROUP", "DELCONSUMER", name, group, someConsumer(&random)]
        default: return ["XGROUP", "DESTROY", name, group]
        }
    }

    private func claim(_ random: inout SplitMix64) -> [any RESPArgument] {
        var words: [any RESPArgument] = ["XCLAIM", name, someGroup(&random), someConsumer(&random), 0]
        words += ids(&random)
        switch random.below(3) {
        case 0: words += ["TIME", 1_600_000_000_000 + random.below(1_000_000)]
        case 1: words += ["IDLE", random.below(100_000)]
        default: break
        }
        if random.chance(1, in: 2) { words += ["RETRYCOUNT", random.below(20)] }
        if random.chance(1, in: 2) { words += ["FORCE"] }
        if random.chance(1, in: 2) { words += ["JUSTID"] }
        return words
    }

    /// Redis 8.2. Its `XDELEX … DELREF` is left out: of an entry that is gone it drops what is pending and tells nobody,
    /// its own replicas neither.
    private func withReferences(_ random: inout SplitMix64) -> [any RESPArgument] {
        let ids = ids(&random)
        if random.chance(1, in: 2) {
            return ["XDELEX", name, random.pick(["KEEPREF", "ACKED"]), "IDS", ids.count] + ids
        }
        return ["XACKDEL", name, someGroup(&random), random.pick(["KEEPREF", "DELREF", "ACKED"]), "IDS", ids.count]
            + ids
    }
}

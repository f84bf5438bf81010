/// The commands that make one key of a type. `large` is beyond what a compact encoding holds.
enum SeedValue {
    static func text(_ key: Bytes, _ large: Bool, _ random: inout SplitMix64, _ request: inout RequestBuffer) {
        let words = ["alpha", "bravo", "charlie", "delta", "échec", "漢字"]
        var text = ""
        for _ in 0..<(large ? 20_000 : 1 + random.below(20)) { text += random.pick(words) + " " }
        request.append("SET", key, text)
    }

    static func integer(_ key: Bytes, _ random: inout SplitMix64, _ request: inout RequestBuffer) {
        let edges = [0, 9999, 10_000, -1, .max, .min, 1 << 32]
        request.append(
            "SET",
            key,
            random.chance(1, in: 3) ? random.pick(edges) : Int(truncatingIfNeeded: random.next())
        )
    }

    static func binary(_ key: Bytes, _ large: Bool, _ random: inout SplitMix64, _ request: inout RequestBuffer) {
        // Sizes on both sides of the limits: empty, embedded (44), compressible (20) and large.
        let sizes = [0, 1, 20, 44, 45, 63, 64, 255, 256, 1000]
        request.append("SET", key, random.bytes(large ? 200_000 : random.pick(sizes)))
    }

    static func bitmap(_ key: Bytes, _ random: inout SplitMix64, _ request: inout RequestBuffer) {
        for _ in 0..<3 { request.append("SETBIT", key, random.below(4000), 1) }
    }

    static func counterOfDistinct(
        _ key: Bytes,
        _ large: Bool,
        _ random: inout SplitMix64,
        _ request: inout RequestBuffer
    ) {
        var command = [Bytes("PFADD".utf8), key]
        for _ in 0..<(large ? 5000 : 5) { command.append(random.bytes(8)) }
        request.append(command)
    }

    static func list(_ key: Bytes, _ large: Bool, _ random: inout SplitMix64, _ request: inout RequestBuffer) {
        var command = [Bytes("RPUSH".utf8), key]
        for _ in 0..<(large ? 3000 : 1 + random.below(12)) { command.append(member(&random)) }
        request.append(command)
    }

    static func set(_ key: Bytes, _ large: Bool, _ random: inout SplitMix64, _ request: inout RequestBuffer) {
        var command = [Bytes("SADD".utf8), key]
        for _ in 0..<(large ? 2000 : 1 + random.below(12)) { command.append(member(&random)) }
        request.append(command)
    }

    static func integerSet(_ key: Bytes, _ large: Bool, _ random: inout SplitMix64, _ request: inout RequestBuffer) {
        var command = [Bytes("SADD".utf8), key]
        let width = random.pick([100, 40_000, 5_000_000_000])
        for _ in 0..<(large ? 2000 : 1 + random.below(20)) {
            command.append((random.below(2 * width) - width).argumentBytes)
        }
        request.append(command)
    }

    static func hash(_ key: Bytes, _ large: Bool, _ random: inout SplitMix64, _ request: inout RequestBuffer) {
        var command = [Bytes("HSET".utf8), key]
        for _ in 0..<(large ? 2000 : 1 + random.below(12)) {
            command.append(member(&random))
            command.append(random.bytes(random.below(80)))
        }
        request.append(command)
    }

    /// Scores that a detour over decimal text would change.
    static let awkwardScores = [
        "1.65e-07", "inf", "-inf", "0", "-0.0", "0.30000000000000004", "3.0000000000000004", "5e-324",
        "1.7976931348623157e+308", "2.2250738585072014e-308", "9007199254740993", "-1.1", "1e21",
    ]

    static func sortedSet(_ key: Bytes, _ large: Bool, _ random: inout SplitMix64, _ request: inout RequestBuffer) {
        var command = [Bytes("ZADD".utf8), key]
        for _ in 0..<(large ? 2000 : 1 + random.below(10)) {
            let score = Double(bitPattern: random.next())
            let usable = score.isFinite && random.chance(1, in: 2)
            command.append(usable ? Bytes("\(score)".utf8) : random.pick(awkwardScores).argumentBytes)
            command.append(member(&random))
        }
        request.append(command)
    }

    private static func member(_ random: inout SplitMix64) -> Bytes {
        switch random.below(8) {
        case 0: random.below(100_000).argumentBytes
        case 1: random.bytes(1 + random.below(100))
        case 2: Bytes("member with spaces \r\n \(random.next())".utf8)
        default: Bytes("m\(random.next() % 1_000_000)".utf8)
        }
    }
}

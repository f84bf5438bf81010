/// Random commands on one key, without a model of it: some fail, and whatever comes of them must be at the target.
package struct RandomHistory: Sendable {
    package enum Kind: Sendable, CaseIterable {
        case stream
        /// Some of its fields expire, where the server knows that.
        case hash
    }

    package let name: Bytes
    private let kind: Kind
    private var stream: StreamHistory
    private var hash: HashHistory
    private var random: SplitMix64

    /// - Parameter ballast: Bytes of some of its values; 0 for short ones only.
    package init(_ kind: Kind, _ name: Bytes, seed: UInt64, ballast: Int = 0) {
        self.kind = kind
        self.name = name
        random = SplitMix64(seed: seed)
        stream = StreamHistory(name, ballast: ballast)
        hash = HashHistory(name, ballast: ballast)
    }

    /// Appends the next command.
    package mutating func append(to request: inout RequestBuffer) {
        let words = random.chance(1, in: 40) ? common() : kind == .stream ? stream.next(&random) : hash.next(&random)
        request.append(words.map(\.argumentBytes))
    }

    /// What any key may meet.
    private mutating func common() -> [any RESPArgument] {
        switch random.below(6) {
        case 0: ["DEL", name]
        case 1, 2: ["PEXPIRE", name, 500 + random.below(2000)]
        case 3: ["PEXPIRE", name, 3_600_000]
        default: ["PERSIST", name]
        }
    }
}

/// Many histories in one server, told by a number.
package struct Histories: Sendable {
    private var all: [RandomHistory]

    /// - Parameter prefix: Of the keys' names.
    package init(seed: UInt64, count: Int, prefix: Bytes, ballast: Int = 0) {
        all = (0..<count).map { number in
            let kind = number % 3 == 2 ? RandomHistory.Kind.hash : .stream
            let name = prefix + Bytes("history:\(number)".utf8)
            return RandomHistory(kind, name, seed: seed &* 1_000_003 &+ UInt64(number), ballast: ballast)
        }
    }

    /// Sends so many commands for each key; errors are part of a history.
    package mutating func play(_ commands: Int, on socket: RESPSocket) throws {
        for _ in 0..<commands {
            var request = RequestBuffer()
            for index in all.indices { all[index].append(to: &request) }
            _ = try socket.pipeline(request)
        }
    }
}

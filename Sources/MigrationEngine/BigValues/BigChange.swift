import RESP

/// What a command may have changed of a big value: never the change itself, only where to look.
package enum BigChange: Equatable, Sendable {
    /// The command reads this key.
    case nothing
    /// These members, fields or entry ids. Beside them always the expiry; of strings and streams the tail.
    case members([ByteString])
    /// These bytes of a string, and what lies behind the length that is known.
    case bytes(Range<Int>)
    /// Anything.
    case whole

    /// - Parameters:
    ///   - command: In any case of letters.
    ///   - detail: Nil where nobody knows more than that the key was touched.
    package init(command: [UInt8], _ detail: CommandDetail?) {
        guard let detail else {
            self = .whole
            return
        }
        let name = String(decoding: command, as: UTF8.self).uppercased()
        let arguments = detail.arguments
        switch name {
        case "HSET", "HMSET": self = Self.named(arguments, stride(from: 0, to: arguments.count, by: 2))
        case "HDEL", "SADD", "SREM", "ZREM", "XDEL": self = Self.named(arguments, arguments.indices)
        case "HSETNX", "HINCRBY", "HINCRBYFLOAT": self = Self.named(arguments, 0..<1)
        case "ZINCRBY": self = Self.named(arguments, 1..<2)
        case "SMOVE": self = Self.named(arguments, arguments.indices.suffix(1))
        case "ZADD": self = Self.added(arguments)
        // Which of the words are ids shows where they are looked for.
        case "XDELEX", "XACKDEL": self = Self.named(arguments, arguments.indices)
        case "HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT", "HPERSIST", "HGETEX", "HGETDEL":
            self = Self.fields(arguments, width: 1)
        case "HSETEX": self = Self.fields(arguments, width: 2)
        case "XADD", "XTRIM": self = Self.trimmed(arguments)
        // XSETID may let the ids begin anew, so that entries come which look like old ones.
        case "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "PERSIST", "APPEND", "XACK", "XCLAIM", "XGROUP":
            self = .members([])
        case "SETRANGE": self = Self.range(arguments, bits: false)
        case "SETBIT": self = Self.range(arguments, bits: true)
        case "COPY": self = detail.position == 0 ? .nothing : .whole
        case "SUNIONSTORE", "SINTERSTORE", "SDIFFSTORE", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZRANGESTORE":
            self = detail.position > 0 ? .nothing : .whole
        default: self = .whole
        }
    }

    private static func named(_ arguments: [CommandArgument], _ places: some Sequence<Int>) -> BigChange {
        var members: [ByteString] = []
        for place in places {
            // The key's name as a value somewhere is followed by less than the key's own commands have.
            guard place < arguments.count else { return .whole }
            guard let bytes = arguments[place].bytes else { return .whole }
            members.append(ByteString(bytes))
        }
        return .members(members)
    }

    /// Options, then `FIELDS`, their number and the fields, each with its value where `width` is 2.
    private static func fields(_ arguments: [CommandArgument], width: Int) -> BigChange {
        guard let word = arguments.firstIndex(where: { $0.says("FIELDS") }), word + 1 < arguments.count,
            let digits = arguments[word + 1].bytes, let count = Int(String(decoding: digits, as: UTF8.self)),
            count > 0, count <= arguments.count
        else { return .whole }
        return named(arguments, stride(from: word + 2, to: word + 2 + count * width, by: width))
    }

    /// With `ACKED` (Redis 8.2) entries are trimmed from the middle, too.
    private static func trimmed(_ arguments: [CommandArgument]) -> BigChange {
        arguments.contains { $0.says("ACKED") } ? .whole : .members([])
    }

    /// Options, and then a score before each member.
    private static func added(_ arguments: [CommandArgument]) -> BigChange {
        let options: Set<String> = ["NX", "XX", "GT", "LT", "CH", "INCR"]
        let first = arguments.firstIndex { argument in
            argument.bytes.map { !options.contains(String(decoding: $0, as: UTF8.self).uppercased()) } ?? true
        }
        guard let first else { return .whole }
        return named(arguments, stride(from: first + 1, to: arguments.count, by: 2))
    }

    private static func range(_ arguments: [CommandArgument], bits: Bool) -> BigChange {
        guard arguments.count == 2, let digits = arguments[0].bytes,
            let offset = Int(String(decoding: digits, as: UTF8.self)), offset >= 0
        else { return .whole }
        return bits ? .bytes(offset / 8..<offset / 8 + 1) : .bytes(offset..<(offset + arguments[1].length))
    }
}

/// What has changed of a big value since it was last looked at.
package struct BigChanges: Equatable, Sendable {
    /// Changed bytes of a string are noted by blocks.
    package static let blockSize = 64 << 10
    /// Beside its bytes each member takes this much memory.
    private static let memberOverhead = 88

    package private(set) var isWhole: Bool
    package private(set) var members: Set<ByteString> = []
    package private(set) var blocks: Set<Int> = []
    /// Memory of the members.
    package private(set) var bytes = 0

    package init(isWhole: Bool = false) {
        self.isWhole = isWhole
    }

    package static let whole = BigChanges(isWhole: true)

    /// - Parameter room: Bytes that the members may take; beyond them it is the whole value that has changed.
    package mutating func add(_ change: BigChange, room: Int) {
        guard !isWhole else { return }
        switch change {
        case .nothing: return
        case .members(let new):
            for member in new where members.insert(member).inserted { bytes += member.count + Self.memberOverhead }
            if bytes > room { self = .whole }
        case .bytes(let range):
            guard range.count <= Self.blockSize << 10 else {
                self = .whole
                return
            }
            blocks.formUnion(
                range.lowerBound / Self.blockSize...max(range.lowerBound, range.upperBound - 1) / Self.blockSize
            )
        case .whole: self = .whole
        }
    }
}

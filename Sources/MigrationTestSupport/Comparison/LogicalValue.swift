/// The value of a key as its clients see it, independent of how a server stores it.
package enum LogicalValue: Equatable, Sendable {
    case none
    case string(Bytes)
    case list([Bytes])
    case set(Set<Bytes>)
    case hash([Bytes: Field])
    /// The scores' bits, so that -0.0 differs from 0 and nothing is lost by printing.
    case sortedSet([Bytes: UInt64])
    case stream(StreamState)
    case vectorSet(VectorSetState)
    /// A module's type: its name and its DUMP without version and checksum.
    case other(String, Bytes)
    /// The type changed between asking for it and reading it.
    case unreadable(String)

    package struct Field: Equatable, Sendable {
        package let value: Bytes
        /// In milliseconds since 1970; nil for none.
        package var expiry: Int?

        package init(_ value: Bytes, expiry: Int? = nil) {
            self.value = value
            self.expiry = expiry
        }
    }

    /// Reads keys of the socket's current database, pipelined: first the types, then the values.
    package static func read(_ keys: [Bytes], _ socket: RESPSocket) throws -> [LogicalValue] {
        var types = RequestBuffer()
        for key in keys { types.append("TYPE", key) }
        let names = try socket.pipeline(types).map { $0.text ?? $0.errorText ?? "none" }
        var reads = RequestBuffer()
        for (key, type) in zip(keys, names) { reads.append(Self.command(type, key)) }
        var values = zip(names, try socket.pipeline(reads)).map { Self.value($0, $1) }
        try readFieldExpiries(keys, &values, socket)
        for (index, type) in names.enumerated() where type == "vectorset" {
            if let state = try VectorSetState(keys[index], socket) { values[index] = .vectorSet(state) }
        }
        return values
    }

    /// Servers that do not know them have none.
    private static func readFieldExpiries(_ keys: [Bytes], _ values: inout [LogicalValue], _ socket: RESPSocket) throws
    {
        var request = RequestBuffer()
        var asked: [(index: Int, fields: [Bytes])] = []
        for (index, value) in values.enumerated() {
            guard case .hash(let fields) = value else { continue }
            let names = Array(fields.keys)
            request.append(
                ["HPEXPIRETIME".argumentBytes, keys[index], "FIELDS".argumentBytes, names.count.argumentBytes] + names
            )
            asked.append((index, names))
        }
        for ((index, names), reply) in zip(asked, try socket.pipeline(request)) {
            guard case .hash(var fields) = values[index], let times = reply.array else { continue }
            for (name, time) in zip(names, times.compactMap(\.integer)) {
                if time >= 0 { fields[name]?.expiry = time }
                if time == -2 { fields[name] = nil }
            }
            values[index] = fields.isEmpty ? .none : .hash(fields)
        }
    }

    /// A stream without the consumers that have nothing pending.
    var withoutIdleConsumers: LogicalValue {
        if case .stream(let state) = self { .stream(state.withoutIdleConsumers) } else { self }
    }

    private static func command(_ type: String, _ key: Bytes) -> [Bytes] {
        let words: [String] =
            switch type {
            case "string": ["GET"]
            case "list": ["LRANGE"]
            case "set": ["SMEMBERS"]
            case "hash": ["HGETALL"]
            case "zset": ["ZRANGE"]
            case "stream": ["XINFO", "STREAM"]
            case "none": ["EXISTS"]
            default: ["DUMP"]
            }
        let tail: [String] =
            switch type {
            case "list": ["0", "-1"]
            case "zset": ["0", "-1", "WITHSCORES"]
            case "stream": ["FULL", "COUNT", "0"]
            default: []
            }
        return words.map(\.argumentBytes) + [key] + tail.map(\.argumentBytes)
    }

    private static func value(_ type: String, _ reply: Reply) -> LogicalValue {
        if let error = reply.errorText { return .unreadable(error) }
        let elements = reply.array?.compactMap(\.bytes) ?? []
        switch type {
        case "none": return .none
        case "string": return reply.bytes.map(LogicalValue.string) ?? .none
        case "list": return elements.isEmpty ? .none : .list(elements)
        case "set": return elements.isEmpty ? .none : .set(Set(elements))
        case "hash": return pairs(elements).isEmpty ? .none : .hash(pairs(elements).mapValues { Field($0) })
        case "zset": return scores(reply)
        case "stream": return StreamState(reply).map(LogicalValue.stream) ?? .unreadable("not a stream description")
        default: return reply.bytes.map { .other(type, Bytes($0.dropLast(10))) } ?? .none
        }
    }

    private static func pairs(_ elements: [Bytes]) -> [Bytes: Bytes] {
        var pairs: [Bytes: Bytes] = [:]
        for index in stride(from: 0, to: elements.count - 1, by: 2) { pairs[elements[index]] = elements[index + 1] }
        return pairs
    }

    private static func scores(_ reply: Reply) -> LogicalValue {
        let elements = reply.array ?? []
        var scores: [Bytes: UInt64] = [:]
        for index in stride(from: 0, to: elements.count - 1, by: 2) {
            guard let member = elements[index].bytes, let score = elements[index + 1].double else { continue }
            scores[member] = score.bitPattern
        }
        return scores.isEmpty ? .none : .sortedSet(scores)
    }
}

/// The value of a key as its clients see it, independent of how a server stores it.
package enum LogicalValue: Equatable, Sendable {
    case none
    case string(Bytes)
    case list([Bytes])
    case set(Set<Bytes>)
    case hash([Bytes: Bytes])
    /// The scores' bits, so that -0.0 differs from 0 and nothing is lost by printing.
    case sortedSet([Bytes: UInt64])
    case stream(StreamState)
    /// A module's type: its name and its DUMP without version and checksum.
    case other(String, Bytes)
    /// The type changed between asking for it and reading it.
    case unreadable(String)

    /// Reads keys of the socket's current database, pipelined: first the types, then the values.
    package static func read(_ keys: [Bytes], _ socket: RESPSocket) throws -> [LogicalValue] {
        var types = RequestBuffer()
        for key in keys { types.append("TYPE", key) }
        let names = try socket.pipeline(types).map { $0.text ?? $0.errorText ?? "none" }
        var reads = RequestBuffer()
        for (key, type) in zip(keys, names) { reads.append(Self.command(type, key)) }
        return zip(names, try socket.pipeline(reads)).map { Self.value($0, $1) }
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
        case "hash": return pairs(elements).isEmpty ? .none : .hash(pairs(elements))
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

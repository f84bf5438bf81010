import MigrationCore
import RESP
import RedisClient

/// Reads the logical values of keys whose payloads differ: small ones whole and many at a time, big ones in pages.
struct ValueReader: Sendable {
    struct Request: Sendable {
        let key: ByteString
        let fingerprint: DumpFingerprint
        /// Fields of a hash that expire until then, in Unix milliseconds, are left out; nil for a hash whose fields have
        /// no expiries at either side.
        var horizon: Int?
    }

    /// Bytes of payload up to which a value is read whole, and up to which small ones are asked for at once.
    static let wholeLimit = 256 << 10
    private static let batchLimit = 1 << 20

    let connection: RedisConnection
    let fieldExpiries: FieldExpiries
    /// Of answers that may wait at the server; nil where it sets no limit.
    var answerBytes: Int?

    /// One summary a key, in order.
    func summaries(_ requests: [Request]) async throws(RedisClientError) -> [ValueSummary] {
        var summaries: [ValueSummary] = []
        var start = 0
        while start < requests.count {
            let end = batchEnd(requests, from: start)
            summaries += try await batch(Array(requests[start..<end]))
            start = end
        }
        return summaries
    }

    /// The command that reads a whole value of this type; nil for the types of modules.
    static func command(type: String, key: ByteString) -> RedisCommand? {
        switch type {
        case "string": RedisCommand("GET", key)
        case "list": RedisCommand("LRANGE", key, "0", "-1")
        case "set": RedisCommand("SMEMBERS", key)
        case "hash": RedisCommand("HGETALL", key)
        case "zset": RedisCommand("ZRANGE", key, "0", "-1", "WITHSCORES")
        case "stream": RedisCommand("XINFO", "STREAM", key, "FULL", "COUNT", "0")
        default: nil
        }
    }

    /// At least one key; more while their payloads are few.
    private func batchEnd(_ requests: [Request], from start: Int) -> Int {
        var bytes = max(0, requests[start].fingerprint.length)
        var end = start + 1
        let most = min(Self.batchLimit, answerBytes ?? .max)
        // Where there is a limit, it holds with the last one too.
        func fits(_ next: Int) -> Bool { answerBytes == nil ? bytes < most : bytes + next <= most }
        while end < requests.count, fits(max(0, requests[end].fingerprint.length)),
            end - start < VerificationRun.mostKeys
        {
            bytes += max(0, requests[end].fingerprint.length)
            end += 1
        }
        return end
    }

    private func batch(_ requests: [Request]) async throws(RedisClientError) -> [ValueSummary] {
        let types = try await types(requests)
        var summaries: [ValueSummary?] = Array(repeating: nil, count: requests.count)
        var commands: [RedisCommand] = []
        var places: [Int] = []
        for (index, request) in requests.enumerated() {
            if types[index] == "none" {
                summaries[index] = .gone
            } else if types[index] == VectorSetReader.type {
                let reader = VectorSetReader(connection: connection, key: request.key)
                summaries[index] = try await reader.summary()
            } else if types[index] == "hash", try fieldExpiries.areTold, let horizon = request.horizon {
                let pages = PagedValueReader(connection: connection, request: request, answerBytes: answerBytes)
                summaries[index] = try await pages.hash(horizon)
            } else if let command = Self.command(type: types[index], key: request.key) {
                if request.fingerprint.length <= min(Self.wholeLimit, answerBytes ?? .max) {
                    commands.append(command)
                    places.append(index)
                } else {
                    let pages = PagedValueReader(connection: connection, request: request, answerBytes: answerBytes)
                    summaries[index] = try await pages.summary(type: types[index])
                }
            } else {
                summaries[index] = Self.opaque(types[index], try await wholeBody(request))
            }
        }
        let replies = try await connection.pipeline(commands)
        for (index, reply) in zip(places, replies) {
            summaries[index] = try summary(types[index], reply)
        }
        return summaries.map { $0 ?? .gone }
    }

    private func types(_ requests: [Request]) async throws(RedisClientError) -> [String] {
        let replies = try await connection.pipeline(requests.map { RedisCommand("TYPE", $0.key) })
        var types: [String] = []
        for reply in replies { types.append(try connection.checked(reply, "TYPE").text ?? "none") }
        return types
    }

    private func summary(_ type: String, _ reply: RESPValue) throws(RedisClientError) -> ValueSummary {
        if Self.tellsOfChange(reply) { return .gone }
        let reply = try connection.checked(reply, Self.command(type: type, key: "")?.name ?? type)
        guard let summary = Self.summary(type, whole: reply) else {
            throw .unexpectedReply(server: connection.server, command: "the reading of a \(type)")
        }
        return summary
    }

    /// Replies to a key that went, or became another type, since its type was asked for. It is looked at again.
    static func tellsOfChange(_ reply: RESPValue) -> Bool {
        guard case .error(let line) = reply else { return reply == .null }
        return ["WRONGTYPE", "NOGROUP", "ERR no such key"].contains { line.hasPrefix($0) }
    }

    private static func summary(_ type: String, whole reply: RESPValue) -> ValueSummary? {
        switch type {
        case "string":
            guard let value = reply.bytes else { return nil }
            var hasher = ValueHasher()
            hasher.addRaw(value.withoutCachedCount)
            return .string(length: value.count, hasher.digest())
        case "stream":
            return StreamDigest.summary(full: reply)
        default:
            guard let kind = ElementDigest.Kind(type: type), let elements = reply.elements else { return nil }
            var digest = ElementDigest(kind)
            guard digest.take(elements) else { return nil }
            return digest.count == 0 ? .gone : ValueSummary(type: type, parts: [digest.part])
        }
    }

    /// Nothing smaller than all of it can be compared.
    private func wholeBody(_ request: Request) async throws(RedisClientError) -> Digest128 {
        guard request.fingerprint.isUnread else { return request.fingerprint.body }
        let reply = try connection.checked(
            try await connection.pipeline([RedisCommand("DUMP", request.key)])[0],
            "DUMP"
        )
        var hasher = ValueHasher()
        hasher.addRaw(ByteString((reply.bytes ?? "").bytes.dropLast(DumpFingerprint.footerLength)))
        return hasher.digest()
    }

    /// Equal payloads are equal values; others prove nothing.
    private static func opaque(_ type: String, _ body: Digest128) -> ValueSummary {
        ValueSummary(type: type, parts: [ValueSummary.Part("payloads", digest: body)], isOpaque: true)
    }
}

extension ElementDigest.Kind {
    init?(type: String) {
        switch type {
        case "list": self = .list
        case "set": self = .set
        case "hash": self = .hash
        case "zset": self = .sortedSet
        default: return nil
        }
    }
}

extension ValueSummary {
    static func string(length: Int, _ digest: Digest128) -> ValueSummary {
        ValueSummary(type: "string", parts: [Part("bytes", shown: "\(length)", digest: digest)])
    }
}

extension RedisConnection {
    /// The reply, or the error that it tells.
    func checked(_ reply: RESPValue, _ command: String) throws(RedisClientError) -> RESPValue {
        if case .error(let line) = reply {
            throw .refused(server: server, command: command, reply: line)
        }
        return reply
    }
}

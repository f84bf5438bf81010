import MigrationCore
import RESP
import RedisClient

/// Reads one big value in pages and digests each as it comes, so that about a megabyte is held at a time. The pages of
/// a value that is being written belong to different moments; the verification looks at such a key again.
struct PagedValueReader {
    /// Bytes.
    private static let pageSize = 1 << 20
    private static let elementRange = 16...10_000
    /// Elements are not all of the average size.
    private static let spread = 4
    /// Of a page whose fields' expiries are asked for.
    private static let mostFields = 1000

    let connection: RedisConnection
    let request: ValueReader.Request
    /// Of answers that may wait at the server; nil where it sets no limit.
    var answerBytes: Int?

    private var pageSize: Int { min(Self.pageSize, answerBytes ?? .max) }

    private var key: ByteString { request.key }

    func summary(type: String) async throws(RedisClientError) -> ValueSummary {
        switch type {
        case "string": try await string()
        case "list": try await ranges(type, .list, length: "LLEN", read: "LRANGE")
        case "zset": try await ranges(type, .sortedSet, length: "ZCARD", read: "ZRANGE", options: ["WITHSCORES"])
        case "set": try await scan(type, .set, length: "SCARD", read: "SSCAN")
        case "hash": try await scan(type, .hash, length: "HLEN", read: "HSCAN")
        default: try await PagedStreamReader(connection: connection, key: key).summary(pageCount(of: "XLEN"))
        }
    }

    private func string() async throws(RedisClientError) -> ValueSummary {
        var hasher = ValueHasher()
        var length = 0
        while true {
            let end = length + pageSize - 1
            let reply = try await read(RedisCommand("GETRANGE", key, ByteString(length), ByteString(end)))
            guard let page = reply?.bytes else { return .gone }
            hasher.addRaw(length == 0 ? page.withoutCachedCount : page)
            length += page.count
            if page.count < pageSize { return .string(length: length, hasher.digest()) }
        }
    }

    /// A hash whose fields may expire.
    func hash(_ horizon: Int) async throws(RedisClientError) -> ValueSummary {
        let count = min(Self.mostFields, try await pageCount(of: "HLEN"))
        // Fields are a sum: what a scan tells twice must count once.
        var seen = NameSet()
        var digest = FieldDigest(horizon: horizon)
        var cursor: ByteString = "0"
        repeat {
            let page = try await read(RedisCommand("HSCAN", key, cursor, "COUNT", ByteString(count)))
            guard let parts = page?.elements else { return .gone }
            guard parts.count == 2, let next = parts[0].bytes, let elements = parts[1].elements else {
                throw unexpected("HSCAN")
            }
            cursor = next
            let fields = stride(from: 0, to: elements.count - 1, by: 2).compactMap { index in
                elements[index].bytes.flatMap { name in elements[index + 1].bytes.map { (name: name, value: $0) } }
            }
            let new = fields.filter { seen.insert(UInt64(bitPattern: Int64($0.name.hashValue))) }
            guard !new.isEmpty else { continue }
            let names = new.map(\.name)
            let ask = RedisCommand(["HPEXPIRETIME", key, "FIELDS", ByteString(names.count)] + names)
            guard let times = try await read(ask)?.elements?.compactMap(\.integer) else { return .gone }
            guard times.count == new.count else { throw unexpected("HPEXPIRETIME") }
            for (field, time) in zip(new, times) { digest.take(field.name, field.value, expiry: time) }
        } while cursor != "0"
        return digest.isEmpty ? .gone : digest.summary
    }

    /// Windows of indices or ranks.
    private func ranges(
        _ type: String,
        _ kind: ElementDigest.Kind,
        length: ByteString,
        read command: ByteString,
        options: [ByteString] = []
    ) async throws(RedisClientError) -> ValueSummary {
        let count = try await pageCount(of: length)
        var digest = ElementDigest(kind)
        while true {
            let start = digest.count
            let window = [ByteString(start), ByteString(start + count - 1)]
            guard let page = try await read(RedisCommand([command, key] + window + options))?.elements else {
                return .gone
            }
            guard digest.take(page) else { throw unexpected(command) }
            guard digest.count == start + count else { break }
        }
        return digest.count == 0 ? .gone : ValueSummary(type: type, parts: [digest.part])
    }

    /// A scan may tell an element twice while the table is being resized, which the count then shows: such a value is
    /// read whole.
    private func scan(
        _ type: String,
        _ kind: ElementDigest.Kind,
        length: ByteString,
        read command: ByteString
    ) async throws(RedisClientError) -> ValueSummary {
        let count = try await pageCount(of: length)
        var digest = ElementDigest(kind)
        var cursor: ByteString = "0"
        repeat {
            let page = try await read(RedisCommand(command, key, cursor, "COUNT", ByteString(count)))
            guard let parts = page?.elements else { return .gone }
            guard parts.count == 2, let next = parts[0].bytes, let elements = parts[1].elements, digest.take(elements)
            else { throw unexpected(command) }
            cursor = next
        } while cursor != "0"
        if try await read(RedisCommand(length, key))?.integer != digest.count {
            guard let whole = ValueReader.command(type: type, key: key) else { throw unexpected(command) }
            digest = ElementDigest(kind)
            guard digest.take(try await read(whole)?.elements ?? []) else { throw unexpected(command) }
        }
        return digest.count == 0 ? .gone : ValueSummary(type: type, parts: [digest.part])
    }

    /// How many elements make about a page, if all are of the average size.
    private func pageCount(of length: ByteString) async throws(RedisClientError) -> Int {
        let elements = try await read(RedisCommand(length, key))?.integer ?? 0
        let average = request.fingerprint.length / max(1, elements)
        let range = Self.elementRange
        let least = answerBytes == nil ? range.lowerBound : 1
        let wanted = answerBytes.map { min(Self.pageSize, $0) / Self.spread } ?? Self.pageSize
        return max(least, min(range.upperBound, wanted / max(1, average)))
    }

    /// Nil where the key went, or became another type, meanwhile.
    private func read(_ command: RedisCommand) async throws(RedisClientError) -> RESPValue? {
        let reply = try await connection.pipeline([command])[0]
        if ValueReader.tellsOfChange(reply) { return nil }
        return try connection.checked(reply, command.name)
    }

    private func unexpected(_ command: ByteString) -> RedisClientError {
        .unexpectedReply(server: connection.server, command: command.text)
    }
}

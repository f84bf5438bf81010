import MigrationCore
import RESP
import RedisClient

/// Reads one big stream in pages. XINFO STREAM FULL would tell it in a single reply, so its groups are put together
/// from smaller ones here.
struct PagedStreamReader {
    private static let pendingPage = 200
    /// Times that a page of pending entries is asked for until its delivery times are exact.
    private static let attempts = 100

    let connection: RedisConnection
    let key: ByteString

    func summary(_ pageCount: Int) async throws(RedisClientError) -> ValueSummary {
        var digest = StreamDigest()
        var start: ByteString = "-"
        while true {
            let page = try await read(RedisCommand("XRANGE", key, start, "+", "COUNT", ByteString(pageCount)))
            guard let page else { return .gone }
            guard let entries = page.elements, digest.take(entries) else { throw unexpected("XRANGE") }
            guard entries.count == pageCount, let last = entries.last?.elements?.first?.text else { break }
            start = "(\(last)"
        }
        guard let info = try await read(RedisCommand("XINFO", "STREAM", key)),
            let list = try await read(RedisCommand("XINFO", "GROUPS", key))
        else { return .gone }
        var groups: [StreamDigest.Group] = []
        for item in list.elements ?? [] {
            guard let group = try await group(item) else { return .gone }
            groups.append(group)
        }
        guard let summary = digest.summary(info: info, groups: groups) else { throw unexpected("XINFO STREAM") }
        return summary
    }

    private func group(_ info: RESPValue) async throws(RedisClientError) -> StreamDigest.Group? {
        guard var group = StreamDigest.Group(info), let name = info["name"]?.bytes else {
            throw unexpected("XINFO GROUPS")
        }
        var start: ByteString = "-"
        while true {
            guard let page = try await pending(name, from: start) else { return nil }
            for entry in page.entries {
                guard let parts = entry.elements, parts.count == 4, let id = parts[0].bytes,
                    let consumer = parts[1].bytes, let idle = parts[2].integer, let count = parts[3].integer
                else { throw unexpected("XPENDING") }
                group.takePending(id: id, consumer: consumer, deliveredAt: page.clock - idle, deliveries: count)
                start = "(\(id.text)"
            }
            if page.entries.count < Self.pendingPage { return group }
        }
    }

    /// A page of pending entries and the millisecond at which their idle times were true. XPENDING tells how long ago an
    /// entry was delivered; between two equal TIMEs that is exact. An idle time of 0 may be a delivery in the future,
    /// of a server whose clock is ahead, which later is told as it is; `trustsZero` takes it for one of that moment.
    func pending(
        _ group: ByteString,
        from start: ByteString,
        to end: ByteString = "+",
        count: Int = pendingPage,
        trustsZero: Bool = false
    ) async throws(RedisClientError) -> (entries: [RESPValue], clock: Int)? {
        let list = RedisCommand("XPENDING", key, group, start, end, ByteString(count))
        var attempt = 0
        while true {
            attempt += 1
            let replies = try await connection.pipeline([.time, list, .time])
            guard let before = replies[0].milliseconds, let after = replies[2].milliseconds else {
                throw unexpected("TIME")
            }
            if ValueReader.tellsOfChange(replies[1]) { return nil }
            let reply = try connection.checked(replies[1], list.name)
            guard let entries = reply.elements else { throw unexpected("XPENDING") }
            let hasZero = entries.contains { $0.elements?.dropFirst(2).first?.integer == 0 }
            let isExact = before == after && (trustsZero || !hasZero)
            if isExact || attempt == Self.attempts { return (entries, after) }
            if before == after { try? await Task.sleep(for: .milliseconds(2)) }
        }
    }

    /// Nil where the key went, or became another type, meanwhile.
    private func read(_ command: RedisCommand) async throws(RedisClientError) -> RESPValue? {
        let reply = try await connection.pipeline([command])[0]
        if ValueReader.tellsOfChange(reply) { return nil }
        return try connection.checked(reply, command.name)
    }

    private func unexpected(_ command: String) -> RedisClientError {
        .unexpectedReply(server: connection.server, command: command)
    }
}

extension RedisCommand {
    static var time: RedisCommand { RedisCommand("TIME") }
}

extension RESPValue {
    /// The reply to TIME, as Unix milliseconds.
    var milliseconds: Int? {
        guard let parts = elements, parts.count == 2, let seconds = parts[0].integer, let micros = parts[1].integer
        else { return nil }
        return seconds * 1000 + micros / 1000
    }
}

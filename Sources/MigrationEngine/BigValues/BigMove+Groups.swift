import MigrationCore
import RESP
import RedisClient

/// Consumer groups: what differs between both sides is set at the target, page by page of pending entries.
extension BigMove {
    /// A delivery that was not acknowledged.
    private struct Pending: Equatable {
        let id: StreamID
        let consumer: ByteString
        /// Unix milliseconds.
        let deliveredAt: Int
        let deliveries: Int
    }

    /// The more there are in a page, the less often are their times exact.
    private static let pendingPage = 500

    /// The ids of all that is pending in any group.
    func pendingIDs() async throws(BigMoveError) -> Set<StreamID> {
        var ids: Set<StreamID> = []
        for info in try await elements(RedisCommand("XINFO", "GROUPS", key)) {
            guard let group = info["name"]?.bytes else { throw unexpected("XINFO GROUPS") }
            var start: ByteString = "-"
            while true {
                let page = RedisCommand("XPENDING", key, group, start, "+", ByteString(Self.pendingPage))
                let found = try await elements(page).compactMap { StreamID($0.elements?.first?.text) }
                ids.formUnion(found)
                guard found.count == Self.pendingPage, let last = found.last else { break }
                start = last.after
            }
        }
        return ids
    }

    /// False where an entry could not be made pending because the target does not have it.
    mutating func copyGroups(to name: ByteString, isNew: Bool) async throws(BigMoveError) -> Bool {
        let groups = try await elements(RedisCommand("XINFO", "GROUPS", key))
        let known = isNew ? [] : try await groupNames(at: name)
        var names: Set<ByteString> = []
        var isComplete = true
        for info in groups {
            guard let group = info["name"]?.bytes else { throw unexpected("XINFO GROUPS") }
            names.insert(group)
            try await setGroup(group, info, of: name, isKnown: known.contains(group))
            let isWhole = try await copyPending(of: group, to: name, isNew: !known.contains(group))
            isComplete = isComplete && isWhole
        }
        try await write(known.subtracting(names).map { RedisCommand("XGROUP", "DESTROY", name, $0) })
        return isComplete
    }

    private mutating func groupNames(at name: ByteString) async throws(BigMoveError) -> Set<ByteString> {
        let list = try await write([RedisCommand("XINFO", "GROUPS", name)]).first?.elements ?? []
        return Set(list.compactMap { $0["name"]?.bytes })
    }

    private mutating func setGroup(
        _ group: ByteString,
        _ info: RESPValue,
        of name: ByteString,
        isKnown: Bool
    ) async throws(BigMoveError) {
        guard let last = info["last-delivered-id"]?.bytes else { throw unexpected("XINFO GROUPS") }
        var command = RedisCommand("XGROUP", isKnown ? "SETID" : "CREATE", name, group, last)
        // Where the server has lost count, it is left out, and the target has none either.
        if let read = info["entries-read"]?.integer { command.arguments += ["ENTRIESREAD", ByteString(read)] }
        let wanted = try await elements(RedisCommand("XINFO", "CONSUMERS", key, group)).compactMap { $0["name"]?.bytes }
        let there =
            isKnown ? try await write([RedisCommand("XINFO", "CONSUMERS", name, group)]).first?.elements ?? [] : []
        let known = Set(there.compactMap { $0["name"]?.bytes })
        let gone = known.subtracting(wanted).map { RedisCommand("XGROUP", "DELCONSUMER", name, group, $0) }
        let new = wanted.filter { !known.contains($0) }
            .map { RedisCommand("XGROUP", "CREATECONSUMER", name, group, $0) }
        try await write([command] + gone + new)
    }

    private mutating func copyPending(
        of group: ByteString,
        to name: ByteString,
        isNew: Bool
    ) async throws(BigMoveError) -> Bool {
        var isComplete = true
        var start: ByteString = "-"
        while true {
            let page = try await pending(source, key, group, from: start)
            let isLast = page.count < Self.pendingPage
            let end = isLast ? "+" : page.last?.id.bytes ?? "+"
            let known = isNew ? [:] : try await allPending(at: name, group, from: start, to: end)
            let changed = page.filter { known[$0.id] != $0 }
            let isClaimed = try await claim(changed, for: group, of: name)
            isComplete = isComplete && isClaimed
            let wanted = Set(page.map(\.id))
            let done = known.keys.filter { !wanted.contains($0) }
            if !done.isEmpty { try await write([RedisCommand(["XACK", name, group] + done.map(\.bytes))]) }
            guard !isLast, let last = page.last else { return isComplete }
            start = last.id.after
        }
    }

    /// What the target has as pending in a range.
    private func allPending(
        at name: ByteString,
        _ group: ByteString,
        from start: ByteString,
        to end: ByteString
    ) async throws(BigMoveError) -> [StreamID: Pending] {
        var all: [StreamID: Pending] = [:]
        var start = start
        while true {
            let page = try await pending(target, name, group, from: start, to: end)
            for entry in page { all[entry.id] = entry }
            guard page.count == Self.pendingPage, let last = page.last else { return all }
            start = last.id.after
        }
    }

    private func pending(
        _ server: RedisConnection,
        _ name: ByteString,
        _ group: ByteString,
        from start: ByteString,
        to end: ByteString = "+"
    ) async throws(BigMoveError) -> [Pending] {
        guard !Task.isCancelled else { throw .stopped }
        let reader = PagedStreamReader(connection: server, key: name)
        let page: (entries: [RESPValue], clock: Int)?
        do {
            page = try await reader.pending(group, from: start, to: end, count: Self.pendingPage, trustsZero: true)
        } catch {
            throw .server(error)
        }
        guard let page else { throw .changed }
        return page.entries.compactMap { entry in
            guard let parts = entry.elements, parts.count == 4, let id = StreamID(parts[0].text),
                let consumer = parts[1].bytes, let idle = parts[2].integer, let deliveries = parts[3].integer
            else { return nil }
            return Pending(id: id, consumer: consumer, deliveredAt: page.clock - idle, deliveries: deliveries)
        }
    }

    /// XCLAIM makes an entry pending as it was, but only one that is there; false where one is not.
    private mutating func claim(
        _ entries: [Pending],
        for group: ByteString,
        of name: ByteString
    ) async throws(BigMoveError) -> Bool {
        let replies = try await write(
            entries.map { entry in
                RedisCommand(
                    "XCLAIM",
                    name,
                    group,
                    entry.consumer,
                    "0",
                    entry.id.bytes,
                    "TIME",
                    ByteString(entry.deliveredAt),
                    "RETRYCOUNT",
                    ByteString(entry.deliveries),
                    "FORCE",
                    "JUSTID"
                )
            }
        )
        return replies.allSatisfy { $0.elements?.isEmpty == false }
    }
}

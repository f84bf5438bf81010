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

        func claim(for group: ByteString, of stream: ByteString) -> RedisCommand {
            let times = ["TIME", ByteString(deliveredAt), "RETRYCOUNT", ByteString(deliveries)]
            return RedisCommand(["XCLAIM", stream, group, consumer, "0", id.bytes] + times + ["FORCE", "JUSTID"])
        }
    }

    /// What the target has of a group before its pending entries come.
    private enum Standing {
        /// A stream without entries, which nobody knows yet.
        case empty
        /// A stream with entries, and no group of that name.
        case new
        case known
    }

    /// A group beside its pending entries.
    struct GroupState {
        let name: ByteString
        let last: ByteString
        /// Nil where the server has lost count, and before 7.0: then the target has none either.
        let entriesRead: Int?

        init?(_ info: RESPValue) {
            guard let name = info["name"]?.bytes, let last = info["last-delivered-id"]?.bytes else { return nil }
            self.name = name
            self.last = last
            entriesRead = info["entries-read"]?.integer
        }

        func setID(of stream: ByteString) -> RedisCommand {
            var command = RedisCommand("XGROUP", "SETID", stream, name, last)
            if let entriesRead { command.arguments += ["ENTRIESREAD", ByteString(entriesRead)] }
            return command
        }
    }

    /// The more there are in a page, the less often are their times exact.
    private static let pendingPage = 500

    /// False where an entry could not be made pending because the target does not have it.
    mutating func copyGroups(
        to name: ByteString,
        isNew: Bool
    ) async throws(BigMoveError) -> (states: [GroupState], isComplete: Bool) {
        let infos = try await elements(RedisCommand("XINFO", "GROUPS", key))
        let known = isNew ? [] : try await groupNames(at: name)
        var states: [GroupState] = []
        var isComplete = true
        for info in infos {
            guard let state = GroupState(info) else { throw unexpected("XINFO GROUPS") }
            states.append(state)
            try await setGroup(state, of: name, isKnown: known.contains(state.name))
            let isWhole = try await copyPending(
                of: state.name,
                to: name,
                into: isNew ? .empty : known.contains(state.name) ? .known : .new
            )
            isComplete = isComplete && isWhole
        }
        try await write(known.subtracting(states.map(\.name)).map { RedisCommand("XGROUP", "DESTROY", name, $0) })
        return (states, isComplete)
    }

    private mutating func groupNames(at name: ByteString) async throws(BigMoveError) -> Set<ByteString> {
        let list = try await write([RedisCommand("XINFO", "GROUPS", name)]).first?.elements ?? []
        return Set(list.compactMap { $0["name"]?.bytes })
    }

    private mutating func setGroup(
        _ group: GroupState,
        of stream: ByteString,
        isKnown: Bool
    ) async throws(BigMoveError) {
        let name = group.name
        let command = isKnown ? group.setID(of: stream) : RedisCommand("XGROUP", "CREATE", stream, name, group.last)
        let wanted = try await elements(RedisCommand("XINFO", "CONSUMERS", key, name)).compactMap { $0["name"]?.bytes }
        let there =
            isKnown ? try await write([RedisCommand("XINFO", "CONSUMERS", stream, name)]).first?.elements ?? [] : []
        let known = Set(there.compactMap { $0["name"]?.bytes })
        let gone = known.subtracting(wanted).map { RedisCommand("XGROUP", "DELCONSUMER", stream, name, $0) }
        let new = wanted.filter { !known.contains($0) }
            .map { RedisCommand("XGROUP", "CREATECONSUMER", stream, name, $0) }
        try await write([command] + gone + new)
    }

    private mutating func copyPending(
        of group: ByteString,
        to name: ByteString,
        into standing: Standing
    ) async throws(BigMoveError) -> Bool {
        var isComplete = true
        var start: ByteString = "-"
        while true {
            let page = try await pending(source, key, group, from: start)
            let isLast = page.count < Self.pendingPage
            let end = isLast ? "+" : page.last?.id.bytes ?? "+"
            let known = standing == .known ? try await allPending(at: name, group, from: start, to: end) : [:]
            let changed = page.filter { known[$0.id] != $0 }
            let isClaimed = try await claim(changed, for: group, of: name, isEmpty: standing == .empty)
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

    /// XCLAIM makes an entry pending as it was, but only one that is there; false where one is not. In a stream that is
    /// empty each is there for that moment.
    private mutating func claim(
        _ entries: [Pending],
        for group: ByteString,
        of name: ByteString,
        isEmpty: Bool
    ) async throws(BigMoveError) -> Bool {
        guard !entries.isEmpty else { return true }
        let claims = entries.map { $0.claim(for: group, of: name) }
        let fillers = isEmpty ? entries.map { Self.filler($0.id, name) } : []
        let replies = try await write(fillers + claims + (isEmpty ? Self.emptied(name) : []))
        return replies[fillers.count..<(fillers.count + claims.count)].allSatisfy { $0.elements?.isEmpty == false }
    }
}

import MigrationCore
import RESP
import RedisClient

/// Streams. Entries never change: they are added at the end, trimmed at the beginning, or deleted by their ids. So the
/// target's copy is brought up to date from its last entry on.
extension BigMove {
    /// What XINFO STREAM tells beside the entries.
    struct StreamInfo: Equatable {
        let last: StreamID
        /// Nil before 7.0.
        let added: Int?
        let deleted: ByteString?
        /// Nil of a stream without entries.
        let first: ByteString?

        /// Takes away entries that are not there any more. It leaves no trace, as XDEL would.
        func trim(_ name: ByteString) -> RedisCommand {
            guard let floor = first ?? last.next?.bytes else { return RedisCommand("XTRIM", name, "MAXLEN", "0") }
            return RedisCommand("XTRIM", name, "MINID", "=", floor)
        }
    }

    mutating func copyStream(to part: ByteString, _ copy: inout BigCopy) async throws(BigMoveError) {
        let info = try await streamInfo()
        // An empty stream. The groups come before the entries: what is pending may be deleted, or have an id beyond
        // the last one, and can only be made pending while the stream has an entry of that id.
        try await write([Self.filler(StreamID(time: 0, number: 1), part)] + Self.emptied(part))
        let groups = try await copyGroups(to: part, isNew: true)
        copy.lastID = try await copyEntries(after: .zero, to: part)
        try await settle(info, copy, groups.states, in: part)
    }

    mutating func updateStream(_ copy: inout BigCopy, _ changes: BigChanges) async throws(BigMoveError) {
        let info = try await streamInfo()
        guard info.last >= copy.lastID else { throw .changed }
        copy.lastID = try await copyEntries(after: copy.lastID, to: key)
        // Before entries go: they can only be made pending while they are there.
        let groups = try await copyGroups(to: key, isNew: false)
        try await removeDeleted(Array(changes.members))
        try await write([info.trim(key)])
        try await settle(info, copy, groups.states, in: key)
        if !groups.isComplete { throw .changed }
    }

    /// Copies what follows an entry. Returns the last one copied.
    private mutating func copyEntries(
        after start: StreamID,
        to name: ByteString
    ) async throws(BigMoveError) -> StreamID {
        var last = start
        var count = pageCount
        var pending = ask(entries(after: last, count))
        while true {
            guard let page = try await answer(pending, "XRANGE").elements else { throw unexpected("XRANGE") }
            note(page)
            let isLast = page.count < count
            guard let end = page.isEmpty ? last : StreamID(page.last?.elements?.first?.text) else {
                throw unexpected("XRANGE")
            }
            last = end
            count = pageCount
            if !isLast { pending = ask(entries(after: last, count)) }
            try await write(try commands(page, to: name))
            if isLast { return last }
        }
    }

    private func entries(after id: StreamID, _ count: Int) -> RedisCommand {
        RedisCommand("XRANGE", key, id == .zero ? "-" : id.after, "+", "COUNT", ByteString(count))
    }

    private func commands(_ page: [RESPValue], to name: ByteString) throws(BigMoveError) -> [RedisCommand] {
        var commands: [RedisCommand] = []
        for entry in page {
            guard let parts = entry.elements, parts.count == 2, let id = parts[0].bytes,
                let fields = parts[1].elements?.compactMap(\.bytes)
            else { throw unexpected("XRANGE") }
            commands.append(RedisCommand(["XADD", name, id] + fields))
        }
        return commands
    }

    /// An entry of no meaning.
    static func filler(_ id: StreamID, _ name: ByteString) -> RedisCommand {
        RedisCommand("XADD", name, id.bytes, "", "")
    }

    /// Takes the fillers away and lets the ids begin anew. What is pending stays so.
    static func emptied(_ name: ByteString) -> [RedisCommand] {
        [RedisCommand("XTRIM", name, "MAXLEN", "0"), RedisCommand("XSETID", name, StreamID.zero.bytes)]
    }

    /// Of the entries that a command named, removes those that are not there any more.
    private mutating func removeDeleted(_ ids: [ByteString]) async throws(BigMoveError) {
        var gone: [ByteString] = []
        for id in ids.compactMap({ StreamID($0.text) ?? StreamID($0.text + "-0") }) {
            let found = try await elements(RedisCommand("XRANGE", key, id.bytes, id.bytes))
            if found.isEmpty { gone.append(id.bytes) }
        }
        var rest = gone[...]
        while !rest.isEmpty {
            let some = rest.prefix(Self.mostElements)
            rest = rest.dropFirst(some.count)
            try await write([RedisCommand(["XDEL", key] + some)])
        }
    }

    private func streamInfo() async throws(BigMoveError) -> StreamInfo {
        let info = try await read(RedisCommand("XINFO", "STREAM", key))
        guard let last = StreamID(info["last-generated-id"]?.text) else { throw unexpected("XINFO STREAM") }
        return StreamInfo(
            last: last,
            added: info["entries-added"]?.integer,
            deleted: info["max-deleted-entry-id"]?.bytes,
            first: info["first-entry"]?.elements?.first?.bytes
        )
    }

    /// The counters that no other command sets. They were read before the entries: a last id beyond those that were
    /// copied would keep the next ones out. Where entries came in between the counters may not fit what the target has;
    /// the stream is dirty then, and the next move sets them.
    private mutating func settle(
        _ info: StreamInfo,
        _ copy: BigCopy,
        _ groups: [GroupState],
        in name: ByteString
    ) async throws(BigMoveError) {
        let last = max(info.last, copy.lastID)
        do throws(BigMoveError) {
            guard let added = try await entriesAdded(info, in: name) else {
                try await write([RedisCommand("XSETID", name, last.bytes)])
                return
            }
            let deleted = info.deleted ?? StreamID.zero.bytes
            let highest = max(last, StreamID(deleted.text) ?? .zero)
            let counters = { (added: Int) in
                let counts = ["ENTRIESADDED", ByteString(added), "MAXDELETEDID", deleted]
                return RedisCommand(["XSETID", name, highest.bytes] + counts)
            }
            // Redis 8 takes no more entries for read than it takes for added, and keeps what it has once taken.
            let most = max(added, groups.compactMap(\.entriesRead).max() ?? 0)
            try await write([counters(most)] + groups.map { $0.setID(of: name) } + [counters(added)])
            // Redis 7.0 lets the last id fall behind a deleted one.
            if highest != last { try await write([RedisCommand("XSETID", name, last.bytes)]) }
        } catch {
            guard case .server(.refused(_, _, let reply)) = error, reply.contains("smaller") else { throw error }
            if try await streamInfo() == info { throw name == key ? .changed : .indivisible }
        }
    }

    /// A source before 7.0 does not count: then it is the entries that there are, as RESTORE has it. Nil where the
    /// target does not count either.
    private mutating func entriesAdded(_ info: StreamInfo, in name: ByteString) async throws(BigMoveError) -> Int? {
        if let added = info.added { return added }
        let there = try await write([RedisCommand("XINFO", "STREAM", name)]).first
        return there?["entries-added"] == nil ? nil : there?["length"]?.integer
    }
}

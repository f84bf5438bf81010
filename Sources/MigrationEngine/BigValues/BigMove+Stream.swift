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

        /// Entries before this id are not there any more.
        var floor: ByteString {
            first ?? (last.number == .max ? last : StreamID(time: last.time, number: last.number + 1)).bytes
        }
    }

    mutating func copyStream(to part: ByteString, _ copy: inout BigCopy) async throws(BigMoveError) {
        // An entry that is pending and deleted can only be made pending while it is there.
        var pending = try await pendingIDs().sorted()[...]
        var fillers: [StreamID] = []
        let info = try await streamInfo()
        copy.lastID = try await copyEntries(after: .zero, to: part, &pending, &fillers)
        let isComplete = try await copyGroups(to: part, isNew: true)
        try await removeEntries(fillers.map(\.bytes), from: part)
        try await settle(info, copy, in: part)
        // Some became pending and were deleted in between.
        if !isComplete { throw .changed }
    }

    mutating func updateStream(_ copy: inout BigCopy, _ changes: BigChanges) async throws(BigMoveError) {
        let info = try await streamInfo()
        var (noPending, noFillers): (ArraySlice<StreamID>, [StreamID]) = ([], [])
        copy.lastID = try await copyEntries(after: copy.lastID, to: key, &noPending, &noFillers)
        try await removeDeleted(Array(changes.members))
        let isComplete = try await copyGroups(to: key, isNew: false)
        try await write([RedisCommand("XTRIM", key, "MINID", "=", info.floor)])
        try await settle(info, copy, in: key)
        if !isComplete { throw .changed }
    }

    /// Copies what follows an entry, and puts an entry of no meaning in the place of each pending one that is not
    /// there. Returns the last one copied.
    private mutating func copyEntries(
        after start: StreamID,
        to name: ByteString,
        _ waiting: inout ArraySlice<StreamID>,
        _ fillers: inout [StreamID]
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
            var commands = try commands(page, to: name, &waiting, &fillers)
            if isLast {
                fillers += waiting
                commands += waiting.map { Self.filler($0, name) }
            }
            try await write(commands)
            if isLast { return last }
        }
    }

    private func entries(after id: StreamID, _ count: Int) -> RedisCommand {
        RedisCommand("XRANGE", key, id == .zero ? "-" : id.after, "+", "COUNT", ByteString(count))
    }

    private func commands(
        _ page: [RESPValue],
        to name: ByteString,
        _ waiting: inout ArraySlice<StreamID>,
        _ fillers: inout [StreamID]
    ) throws(BigMoveError) -> [RedisCommand] {
        var commands: [RedisCommand] = []
        for entry in page {
            guard let parts = entry.elements, parts.count == 2, let id = StreamID(parts[0].text),
                let fields = parts[1].elements?.compactMap(\.bytes)
            else { throw unexpected("XRANGE") }
            while let gap = waiting.first, gap < id {
                commands.append(Self.filler(gap, name))
                fillers.append(gap)
                waiting.removeFirst()
            }
            if waiting.first == id { waiting.removeFirst() }
            commands.append(RedisCommand(["XADD", name, id.bytes] + fields))
        }
        return commands
    }

    private static func filler(_ id: StreamID, _ name: ByteString) -> RedisCommand {
        RedisCommand("XADD", name, id.bytes, "", "")
    }

    /// Of the entries that a command named, removes those that are not there any more.
    private mutating func removeDeleted(_ ids: [ByteString]) async throws(BigMoveError) {
        var gone: [ByteString] = []
        for id in ids.compactMap({ StreamID($0.text) ?? StreamID($0.text + "-0") }) {
            let found = try await elements(RedisCommand("XRANGE", key, id.bytes, id.bytes))
            if found.isEmpty { gone.append(id.bytes) }
        }
        try await removeEntries(gone, from: key)
    }

    private mutating func removeEntries(_ ids: [ByteString], from name: ByteString) async throws(BigMoveError) {
        var rest = ids[...]
        while !rest.isEmpty {
            let some = rest.prefix(Self.mostElements)
            rest = rest.dropFirst(some.count)
            try await write([RedisCommand(["XDEL", name] + some)])
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
        in name: ByteString
    ) async throws(BigMoveError) {
        var command = RedisCommand("XSETID", name, max(info.last, copy.lastID).bytes)
        if let added = info.added, let deleted = info.deleted {
            command.arguments += ["ENTRIESADDED", ByteString(added), "MAXDELETEDID", deleted]
        }
        do throws(BigMoveError) {
            try await write([command])
        } catch {
            guard case .server(.refused(_, _, let reply)) = error, reply.contains("smaller") else { throw error }
            if try await streamInfo() == info { throw .changed }
        }
    }
}

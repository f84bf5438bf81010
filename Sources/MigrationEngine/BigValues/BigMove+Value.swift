import MigrationCore
import RESP
import RedisClient

/// What is asked before a value is read, and how a whole one takes its place.
extension BigMove {
    /// What is known of a value before it is read.
    struct Facts {
        /// Nil for the types of modules.
        var type: BigType?
        var expiry: Expiry
        /// Of memory, at the source.
        var bytes: Int
        /// Elements; of a string, bytes.
        var count: Int
    }

    /// Past so many bytes in the average element a page of one element would take too much memory.
    static let mostElementBytes = 8 << 20

    /// Nil where the key is gone. The expiry is asked before the value: a key that dies between the two then reads as
    /// gone.
    mutating func facts(_ query: ExpiryQuery) async throws(BigMoveError) -> Facts? {
        let expiry = try await expiry(query)
        guard expiry != .gone, let name = try await read(RedisCommand("TYPE", key)).text, name != "none",
            let bytes = try await read(RedisCommand("MEMORY", "USAGE", key)).integer
        else { return nil }
        guard let type = BigType(rawValue: name) else {
            return Facts(type: nil, expiry: expiry, bytes: bytes, count: 1)
        }
        let count = try await read(RedisCommand(type.lengthCommand, key)).integer ?? 0
        if type != .string { elementBytes = max(1, bytes / max(1, count)) }
        return Facts(type: type, expiry: expiry, bytes: bytes, count: count)
    }

    private func expiry(_ query: ExpiryQuery) async throws(BigMoveError) -> Expiry {
        switch query {
        case .absolute:
            guard let reply = try await read(RedisCommand("PEXPIRETIME", key)).integer else {
                throw unexpected("PEXPIRETIME")
            }
            return Expiry(absolute: reply)
        case .relative:
            while true {
                let replies: [RESPValue]
                do { replies = try await source.pipeline([.time, RedisCommand("PTTL", key), .time]) } catch {
                    throw .server(error)
                }
                guard let before = replies[0].milliseconds, let left = replies[1].integer,
                    let after = replies[2].milliseconds
                else { throw unexpected("PTTL") }
                let expiry = Expiry(remaining: left, before: before, after: after)
                if expiry != .unsettled { return expiry }
                guard !Task.isCancelled else { throw .stopped }
            }
        }
    }

    mutating func setExpiry(_ expiry: Expiry, of name: ByteString) async throws(BigMoveError) {
        if case .at(let time) = expiry {
            try await write([RedisCommand("PEXPIREAT", name, ByteString(time))])
        } else {
            try await write([RedisCommand("PERSIST", name)])
        }
    }

    /// Puts the part in the key's place, at one moment. What was there before is freed in the background.
    mutating func putInPlace(_ part: ByteString) async throws(BigMoveError) {
        let commands = [
            RedisCommand("MULTI"), RedisCommand("UNLINK", key), RedisCommand("RENAME", part, key), RedisCommand("EXEC"),
        ]
        guard let results = try await write(commands).last?.elements, results.count == 2 else {
            throw unexpected("EXEC", of: target)
        }
        // A part without elements, or one whose expiry has passed, is not there.
        guard results[1].isOK else { throw .changed }
    }

    /// Moves all of the value under the part's name, and then into place.
    mutating func whole(_ facts: Facts, part: ByteString) async throws(BigMoveError) -> BigCopy {
        guard let type = facts.type else { throw .changed }
        var copy = BigCopy(type: type, expiry: facts.expiry)
        try await write([RedisCommand("UNLINK", part)])
        switch type {
        case .string: copy.length = try await copyString(to: part)
        case .list: try await copyList(to: part)
        case .set: try await copyCollection(.set, to: part)
        case .hash: try await copyCollection(.hash, to: part)
        case .zset: try await copyCollection(.sortedSet, to: part)
        case .stream: try await copyStream(to: part, &copy)
        }
        if case .at = facts.expiry { try await setExpiry(facts.expiry, of: part) }
        try await putInPlace(part)
        return copy
    }

    /// Brings the target's copy up to date where it is known what has changed.
    mutating func update(
        _ facts: Facts,
        _ old: BigCopy,
        _ changes: BigChanges
    ) async throws(BigMoveError) -> BigCopy {
        guard facts.type == old.type, old.type != .list,
            try await write([RedisCommand("EXISTS", key)]).first?.integer == 1
        else { throw .changed }
        var copy = old
        switch old.type {
        case .string: try await updateString(&copy, facts, changes)
        case .set: try await updateMembers(changes.members, of: .set)
        case .hash: try await updateMembers(changes.members, of: .hash)
        case .zset: try await updateMembers(changes.members, of: .sortedSet)
        case .stream: try await updateStream(&copy, changes)
        case .list: throw .changed
        }
        if facts.expiry != old.expiry { try await setExpiry(facts.expiry, of: key) }
        copy.expiry = facts.expiry
        return copy
    }
}

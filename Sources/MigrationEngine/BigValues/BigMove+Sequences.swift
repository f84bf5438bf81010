import RESP
import RedisClient

/// Strings and lists.
extension BigMove {
    /// Returns the bytes copied.
    mutating func copyString(to part: ByteString) async throws(BigMoveError) -> Int {
        var length = 0
        var count = queue.pieceBytes
        var pending = ask(range(from: 0, count: count))
        while true {
            guard let page = try await answer(pending, "GETRANGE").bytes else { throw unexpected("GETRANGE") }
            let isLast = page.count < count
            count = queue.pieceBytes
            if !isLast { pending = ask(range(from: length + page.count, count: count)) }
            if page.count > 0 { try await write([RedisCommand("APPEND", part, page)]) }
            length += page.count
            if isLast { return length }
        }
    }

    private func range(from start: Int, count: Int) -> RedisCommand {
        RedisCommand("GETRANGE", key, ByteString(start), ByteString(start + count - 1))
    }

    /// Commands that change a string's middle say where, and those that make it longer leave the rest as it is: so only
    /// the changed blocks are read again, and what lies behind the length that the target has.
    mutating func updateString(
        _ copy: inout BigCopy,
        _ facts: Facts,
        _ changes: BigChanges
    ) async throws(BigMoveError) {
        guard facts.count >= copy.length else { throw .changed }
        let size = BigChanges.blockSize
        for block in changes.blocks.sorted() where block * size < copy.length {
            try await updateString(from: block * size, count: min(size, copy.length - block * size))
        }
        while copy.length < facts.count {
            let count = min(queue.pieceBytes, facts.count - copy.length)
            try await updateString(from: copy.length, count: count)
            copy.length += count
        }
    }

    private mutating func updateString(from start: Int, count: Int) async throws(BigMoveError) {
        let page = try await read(range(from: start, count: count)).bytes
        // It has become shorter since its length was asked for.
        guard let page, page.count == count else { throw .changed }
        try await write([RedisCommand("SETRANGE", key, ByteString(start), page)])
    }

    /// Windows of indices. Where elements come and go meanwhile the windows do not fit together: the list is dirty
    /// then, and moved again.
    mutating func copyList(to part: ByteString) async throws(BigMoveError) {
        var start = 0
        // A list that grows as fast as it is read must end.
        let length = try await read(RedisCommand("LLEN", key)).integer ?? 0
        var pending = ask(window(start, pageCount))
        while start < length {
            let page = try await answer(pending, "LRANGE").elements?.compactMap(\.bytes) ?? []
            guard !page.isEmpty else { return }
            start += page.count
            note(page.map { .string($0) })
            if start < length { pending = ask(window(start, pageCount)) }
            try await write([RedisCommand(["RPUSH", part] + page)])
        }
    }

    private func window(_ start: Int, _ count: Int) -> RedisCommand {
        RedisCommand("LRANGE", key, ByteString(start), ByteString(start + count - 1))
    }
}

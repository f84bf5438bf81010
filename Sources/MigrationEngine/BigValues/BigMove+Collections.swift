import RESP
import RedisClient

/// Hashes, sets and sorted sets.
///
/// A scan names every member that was there all the time. Those that came, went or changed meanwhile are touched, and
/// so are read again (Redis documentation, "SCAN guarantees").
extension BigMove {
    struct Collection {
        let scan: ByteString
        let add: ByteString
        let remove: ByteString
        /// Reads some members; nil or 0 for those that are not there.
        let get: ByteString
        /// What the scan tells for each member.
        let width: Int
        /// The score comes before the member in the command, and after it in the reply.
        let isScored: Bool

        static let hash = Collection(
            scan: "HSCAN",
            add: "HSET",
            remove: "HDEL",
            get: "HMGET",
            width: 2,
            isScored: false
        )
        static let set = Collection(
            scan: "SSCAN",
            add: "SADD",
            remove: "SREM",
            get: "SMISMEMBER",
            width: 1,
            isScored: false
        )
        static let sortedSet = Collection(
            scan: "ZSCAN",
            add: "ZADD",
            remove: "ZREM",
            get: "ZMSCORE",
            width: 2,
            isScored: true
        )
    }

    mutating func copyCollection(_ kind: Collection, to part: ByteString) async throws(BigMoveError) {
        var next: ByteString = "0"
        var pending = ask(scan(kind, next))
        repeat {
            let reply = try await answer(pending, kind.scan)
            guard let parts = reply.elements, parts.count == 2, let cursor = parts[0].bytes,
                let page = parts[1].elements
            else { throw unexpected(kind.scan) }
            note(page, width: kind.width)
            next = cursor
            // The source works on the next page while the target takes this one.
            if next != "0" { pending = ask(scan(kind, next)) }
            try await add(page, kind, to: part)
        } while next != "0"
    }

    private func scan(_ kind: Collection, _ cursor: ByteString) -> RedisCommand {
        RedisCommand(kind.scan, key, cursor, "COUNT", ByteString(pageCount))
    }

    private mutating func note(_ page: [RESPValue], width: Int) {
        guard page.count >= width else { return }
        let mean = page.reduce(0) { $0 + $1.weight } * width / page.count
        elementBytes = max(1, mean, (elementBytes * 4 + mean) / 5)
    }

    private mutating func add(_ page: [RESPValue], _ kind: Collection, to name: ByteString) async throws(BigMoveError) {
        guard !page.isEmpty else { return }
        var arguments = [kind.add, name]
        arguments.reserveCapacity(page.count + 2)
        for index in stride(from: 0, to: page.count - kind.width + 1, by: kind.width) {
            for offset in 0..<kind.width {
                guard let bytes = page[index + (kind.isScored ? 1 - offset : offset)].bytes else {
                    throw unexpected(kind.scan)
                }
                arguments.append(bytes)
            }
        }
        try await write([RedisCommand(arguments)])
    }

    /// Reads these members again and writes, or removes, each.
    mutating func updateMembers(_ members: Set<ByteString>, of kind: Collection) async throws(BigMoveError) {
        var rest = Array(members)[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(pageCount))
            rest = rest.dropFirst(some.count)
            let values = try await elements(RedisCommand([kind.get, key] + some))
            guard values.count == some.count else { throw unexpected(kind.get) }
            try await update(some, values, kind)
        }
    }

    private mutating func update(
        _ members: [ByteString],
        _ values: [RESPValue],
        _ kind: Collection
    ) async throws(BigMoveError) {
        var added = [kind.add, key]
        var removed = [kind.remove, key]
        for (member, value) in zip(members, values) {
            switch (value, kind.width) {
            case (.null, _), (.integer(0), 1): removed.append(member)
            case (_, 1): added.append(member)
            default:
                guard let bytes = value.bytes else { throw unexpected(kind.get) }
                added += kind.isScored ? [bytes, member] : [member, bytes]
            }
        }
        try await write([added, removed].filter { $0.count > 2 }.map { RedisCommand($0) })
    }
}

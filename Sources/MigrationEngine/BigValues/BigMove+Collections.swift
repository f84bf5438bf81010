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
        /// Each of which may have an expiry of its own.
        var hasFields: Bool { add == "HSET" }

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
            let members = try members(page, kind)
            let expiring = asksExpiries(kind) && !members.isEmpty ? askExpiries(of: members.map(\.name)) : nil
            next = cursor
            // The source works on the next page while the target takes this one.
            if next != "0" { pending = ask(scan(kind, next)) }
            var times: [Int]?
            if let expiring { times = try await expiries(expiring, of: members.map(\.name)) }
            try await add(members, kind, times, to: part)
        } while next != "0"
    }

    /// A member, or a field with its value, or a member with its score.
    private struct Member {
        let name: ByteString
        let value: ByteString?
    }

    private func asksExpiries(_ kind: Collection) -> Bool { kind.hasFields && hasFieldExpiries }

    private func members(_ page: [RESPValue], _ kind: Collection) throws(BigMoveError) -> [Member] {
        var members: [Member] = []
        members.reserveCapacity(page.count / kind.width)
        for index in stride(from: 0, to: page.count - kind.width + 1, by: kind.width) {
            guard let name = page[index].bytes else { throw unexpected(kind.scan) }
            let value = kind.width == 2 ? page[index + 1].bytes : nil
            if kind.width == 2, value == nil { throw unexpected(kind.scan) }
            members.append(Member(name: name, value: value))
        }
        return members
    }

    private func scan(_ kind: Collection, _ cursor: ByteString) -> RedisCommand {
        RedisCommand(kind.scan, key, cursor, "COUNT", ByteString(pageCount))
    }

    private mutating func note(_ page: [RESPValue], width: Int) {
        guard page.count >= width else { return }
        let mean = page.reduce(0) { $0 + $1.weight } * width / page.count
        elementBytes = max(1, mean, (elementBytes * 4 + mean) / 5)
    }

    /// - Parameter times: When each expires, where that was asked for; -2 for those that are gone since they were read.
    private mutating func add(
        _ members: [Member],
        _ kind: Collection,
        _ times: [Int]?,
        to name: ByteString
    ) async throws(BigMoveError) {
        var arguments = [kind.add, name]
        arguments.reserveCapacity(members.count * 2 + 2)
        for (index, member) in members.enumerated() where times?[index] != -2 {
            switch member.value {
            case nil: arguments.append(member.name)
            case let value? where kind.isScored: arguments += [value, member.name]
            case let value?: arguments += [member.name, value]
            }
        }
        guard arguments.count > 2 else { return }
        let expiring = Self.setExpiries(times ?? [], of: members.map(\.name), in: name)
        try await write([RedisCommand(arguments)] + expiring)
    }

    /// Reads these members again and writes, or removes, each.
    mutating func updateMembers(_ members: Set<ByteString>, of kind: Collection) async throws(BigMoveError) {
        var rest = Array(members)[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(pageCount))
            rest = rest.dropFirst(some.count)
            let reading = ask(RedisCommand([kind.get, key] + some))
            let expiring = asksExpiries(kind) ? askExpiries(of: some) : nil
            guard let values = try await answer(reading, kind.get).elements, values.count == some.count else {
                throw unexpected(kind.get)
            }
            var times: [Int]?
            if let expiring { times = try await expiries(expiring, of: some) }
            var there: [Member] = []
            var left: [Int] = []
            var gone = [kind.remove, key]
            for (index, member) in some.enumerated() {
                let isGone = values[index] == .null || kind.width == 1 && values[index].integer == 0
                if isGone || times?[index] == -2 {
                    gone.append(member)
                } else {
                    guard kind.width == 1 || values[index].bytes != nil else { throw unexpected(kind.get) }
                    there.append(Member(name: member, value: kind.width == 1 ? nil : values[index].bytes))
                    left.append(times?[index] ?? -1)
                }
            }
            if gone.count > 2 { try await write([RedisCommand(gone)]) }
            try await add(there, kind, left, to: key)
        }
    }
}

/// When keys expire, in milliseconds since 1970.
package enum Expiry: Equatable, Sendable {
    case noKey
    case never
    case at(Int)

    init(_ reply: Reply) {
        switch reply.integer ?? -2 {
        case -2: self = .noKey
        case -1: self = .never
        case let time: self = .at(time)
        }
    }

    /// Reads the expiries of keys of the socket's current database, exact to the millisecond.
    package static func read(_ keys: [Bytes], _ socket: RESPSocket) throws -> [Expiry] {
        var request = RequestBuffer()
        for key in keys { request.append("PEXPIRETIME", key) }
        let replies = try socket.pipeline(request)
        guard replies.first?.errorText != nil else { return replies.map(Expiry.init) }
        return try readByTimeToLive(keys, socket)
    }

    /// For servers before 7.0: the time to live between two looks at the server's clock. It is exact when the clock
    /// stood on the same millisecond both times, and asked again when not.
    private static func readByTimeToLive(_ keys: [Bytes], _ socket: RESPSocket) throws -> [Expiry] {
        var expiries = [Expiry?](repeating: nil, count: keys.count)
        while expiries.contains(nil) {
            let open = expiries.indices.filter { expiries[$0] == nil }
            var request = RequestBuffer()
            for index in open {
                request.append("TIME")
                request.append("PTTL", keys[index])
                request.append("TIME")
            }
            let replies = try socket.pipeline(request)
            for (turn, index) in open.enumerated() {
                expiries[index] = exact(replies[3 * turn], replies[3 * turn + 1], replies[3 * turn + 2])
            }
        }
        return expiries.compactMap { $0 }
    }

    private static func exact(_ before: Reply, _ left: Reply, _ after: Reply) -> Expiry? {
        guard let left = left.integer, left >= 0 else { return Expiry(left) }
        guard let time = milliseconds(before), time == milliseconds(after) else { return nil }
        return .at(time + left)
    }

    private static func milliseconds(_ reply: Reply) -> Int? {
        guard let parts = reply.array, parts.count == 2, let seconds = parts[0].integer, let micros = parts[1].integer
        else { return nil }
        return seconds * 1000 + micros / 1000
    }
}

import Foundation
import MigrationTestSupport

/// A tenant of one big value of each type, and clients that change each of them all the time with commands that must
/// not be executed twice.
struct BigTenant: Sendable {
    static let prefix = "__tenant:acme:"
    static let names = ["hash", "set", "zset", "list", "string", "stream"]

    var fields = 30_000
    var members = 20_000
    var elements = 20_000
    var bytes = 6 << 20
    var entries = 40_000
    /// Microseconds between two rounds of a client.
    var pause: UInt32 = 2000

    /// The sizes of the mission, for a machine with the time for it.
    static let full = BigTenant(
        fields: 2_000_000,
        members: 1_000_000,
        elements: 1_000_000,
        bytes: 500_000_000,
        entries: 800_000,
        pause: 500
    )

    static func key(_ name: String) -> String { prefix + name }

    func write(to server: RedisServer) throws {
        let socket = try server.connect(timeout: 120)
        try fill(socket, fields) { $0.append("HSET", Self.key("hash"), "field:\($1)", "\($1 * 7)") }
        try fill(socket, members) { $0.append("SADD", Self.key("set"), "member:\($1)") }
        try fill(socket, members) { $0.append("ZADD", Self.key("zset"), "\(Double($1) / 3)", "member:\($1)") }
        try fill(socket, elements) { $0.append("RPUSH", Self.key("list"), "element \($1) of a list") }
        let block = String(repeating: "0123456789abcdef", count: 1 << 12)
        try fill(socket, bytes >> 16) { $0.append("APPEND", Self.key("string"), "\($1)" + block) }
        try fill(socket, entries) {
            $0.append("XADD", Self.key("stream"), "\($1 + 1)-0", "n", "\($1)", "text", "an entry")
        }
        try socket.call("PEXPIREAT", Self.key("zset"), "4102444800123")
        for group in ["g", "idle"] { try socket.call("XGROUP", "CREATE", Self.key("stream"), group, "5000-0") }
        try socket.call("XGROUP", "CREATECONSUMER", Self.key("stream"), "idle", "nobody")
    }

    private func fill(_ socket: RESPSocket, _ count: Int, _ body: (inout RequestBuffer, Int) -> Void) throws {
        for start in stride(from: 0, to: count, by: 1000) {
            var request = RequestBuffer()
            for number in start..<min(start + 1000, count) { body(&request, number) }
            try socket.perform(request)
        }
    }

    /// One client for each value. Each ends when its writes are refused.
    func writers(at endpoint: Endpoint) -> [Repeater] {
        [changeHash, changeSet, changeSortedSet, changeList, changeString, changeStream].map { change in
            Repeater(endpoint, pause: pause) { socket, round in
                var request = RequestBuffer()
                change(&request, round)
                try socket.perform(request)
            }
        }
    }

    private func any(_ round: Int, of count: Int, _ salt: Int) -> Int { (round &* 2_654_435_761 &+ salt) % count }

    private func changeHash(_ request: inout RequestBuffer, _ round: Int) {
        let key = Self.key("hash")
        request.append("HINCRBY", key, "field:\(any(round, of: fields, 1))", "1")
        request.append("HINCRBY", key, "field:\(round % 10)", "3")
        request.append("HSET", key, "new:\(round)", "1", "field:\(any(round, of: fields, 2))", "7")
        request.append("HDEL", key, "field:\(any(round, of: fields, 3))", "new:\(round - 5)")
    }

    private func changeSet(_ request: inout RequestBuffer, _ round: Int) {
        request.append("SADD", Self.key("set"), "new:\(round)", "member:\(any(round, of: members, 1))")
        request.append("SREM", Self.key("set"), "new:\(round - 9)", "member:\(any(round, of: members, 2))")
        if round % 50 == 0 { request.append("SPOP", Self.key("set")) }
    }

    private func changeSortedSet(_ request: inout RequestBuffer, _ round: Int) {
        request.append("ZINCRBY", Self.key("zset"), "0.1", "member:\(any(round, of: members, 1))")
        request.append("ZADD", Self.key("zset"), "GT", "CH", "\(round)", "member:\(any(round, of: members, 2))")
        request.append("ZREM", Self.key("zset"), "member:\(any(round, of: members, 3))")
    }

    private func changeList(_ request: inout RequestBuffer, _ round: Int) {
        request.append("RPUSH", Self.key("list"), "pushed \(round)", "and \(round)")
        request.append("LPOP", Self.key("list"))
    }

    private func changeString(_ request: inout RequestBuffer, _ round: Int) {
        request.append("APPEND", Self.key("string"), "<\(round)>")
        if round % 10 == 0 {
            request.append("SETRANGE", Self.key("string"), "\(any(round, of: bytes, 1))", "[\(round)]")
        }
        if round % 25 == 0 { request.append("SETBIT", Self.key("string"), "\(any(round, of: bytes, 2) * 8 + 3)", "1") }
    }

    private func changeStream(_ request: inout RequestBuffer, _ round: Int) {
        let key = Self.key("stream")
        request.append("XADD", key, "\(entries + round + 1)-0", "n", "\(round)")
        request.append("XREADGROUP", "GROUP", "g", "c\(round % 3)", "COUNT", "1", "STREAMS", key, ">")
        // Some stay pending for ever, and are trimmed while they are.
        if round % 50 > 0 { request.append("XACK", key, "g", "\(5001 + round - 20)-0") }
        if round % 40 == 0 { request.append("XDEL", key, "\(any(round, of: entries, 1) + 1)-0") }
        if round % 100 == 0 { request.append("XTRIM", key, "MINID", "\(4900 + round / 2)-0") }
    }
}

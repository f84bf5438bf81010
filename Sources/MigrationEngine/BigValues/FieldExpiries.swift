import NIOCore
import RESP
import RedisClient

/// Whether a server keeps expiries of single fields of a hash, as Redis does from 7.4 and Valkey from 9 on.
enum FieldExpiries: Sendable {
    case none
    case told
    /// It has them, and does not tell them: the command has another name, or its user may not run it.
    case hidden(RedisClientError)

    /// - Throws: Where there are some that nobody tells.
    var areTold: Bool {
        get throws(RedisClientError) {
            switch self {
            case .none: false
            case .told: true
            case .hidden(let error): throw error
            }
        }
    }

    /// Commands that a server has or has not together.
    private static let commands: [ByteString] = ["HPEXPIRETIME", "HEXPIRETIME", "HPTTL", "HTTL"]

    /// - Parameter key: Any name that the user may read.
    static func ask(_ server: RedisConnection, probing key: ByteString) async throws(RedisClientError) -> FieldExpiries
    {
        let replies = try await server.pipeline(commands.map { RedisCommand($0, key, "FIELDS", "1", "") })
        guard case .error(let line) = replies[0] else { return .told }
        let refusal = RedisClientError.refused(server: server.server, command: commands[0].text, reply: line)
        // It is known; only this key is of another type.
        guard refusal.isRefusalInPrinciple else { return .told }
        let isUnknown = replies.allSatisfy { reply in
            guard case .error(let line) = reply else { return false }
            return line.lowercased().contains("unknown command")
        }
        return isUnknown ? .none : .hidden(refusal)
    }
}

/// Expiries of single fields.
extension BigMove {
    /// Asks when these fields expire.
    func askExpiries(of fields: [ByteString]) -> EventLoopFuture<ByteBuffer> {
        ask(RedisCommand(["HPEXPIRETIME", key, "FIELDS", ByteString(fields.count)] + fields))
    }

    /// One answer for each of `fields`, in Unix milliseconds; -1 for one that does not expire, -2 for one that is gone.
    func expiries(
        _ future: EventLoopFuture<ByteBuffer>,
        of fields: [ByteString]
    ) async throws(BigMoveError) -> [Int] {
        let times = try await answer(future, "HPEXPIRETIME").elements?.compactMap(\.integer)
        guard let times, times.count == fields.count else { throw unexpected("HPEXPIRETIME") }
        return times
    }

    /// Those that expire at one moment together. A field that is written has no expiry any more.
    static func setExpiries(_ times: [Int], of fields: [ByteString], in name: ByteString) -> [RedisCommand] {
        var groups: [Int: [ByteString]] = [:]
        for (field, time) in zip(fields, times) where time >= 0 { groups[time, default: []].append(field) }
        return groups.map { time, fields in
            RedisCommand(["HPEXPIREAT", name, ByteString(time), "FIELDS", ByteString(fields.count)] + fields)
        }
    }
}

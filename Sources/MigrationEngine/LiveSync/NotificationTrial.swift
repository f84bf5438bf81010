import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// Finds out what a server notifies of where its setting cannot be read: by changes of keys of the tool's own, which
/// are gone at the end.
struct NotificationTrial: Sendable {
    private static let patience = 500

    let endpoint: RedisEndpoint
    let loop: any EventLoop

    /// An event of each class that can be tried. Eviction cannot.
    private static let classes: [(letter: Character, event: String)] = [
        ("$", "set"), ("g", "del"), ("l", "rpush"), ("s", "sadd"), ("h", "hset"), ("z", "zadd"), ("t", "xadd"),
        ("x", "expired"),
    ]

    /// The classes whose events did not come.
    func missing(_ control: RedisConnection) async throws -> String {
        let scope = try TenantScope(
            tenant: String(UInt64.random(in: 0...UInt64.max), radix: 16),
            format: "__ferrite_migrate:{tenant_id}:"
        )
        let sink = EventNames()
        let line = try await NotificationLine.open(to: endpoint, scope: scope, databases: [0], loop: loop, sink: sink)
        do {
            try await change(scope.prefix, control)
            try await listen(line)
        } catch {
            await line.close()
            throw error
        }
        await line.close()
        let names = sink.names
        return String(Self.classes.filter { !names.contains($0.event) }.map(\.letter))
    }

    private func change(_ prefix: ByteString, _ control: RedisConnection) async throws {
        func key(_ name: String) -> ByteString { ByteString(prefix.bytes + Array(name.utf8)) }
        let writes = [
            RedisCommand("SET", key("x"), "", "PX", "1"), RedisCommand("SET", key("s"), ""),
            RedisCommand("RPUSH", key("l"), ""), RedisCommand("SADD", key("m"), ""),
            RedisCommand("HSET", key("h"), "f", ""), RedisCommand("ZADD", key("z"), "0", ""),
            RedisCommand("XADD", key("t"), "*", "f", ""),
        ]
        let names = ["s", "l", "m", "h", "z", "t"].map(key)
        let replies = try await control.pipeline(writes + [RedisCommand(["DEL"] + names)])
        try await Task.sleep(for: .milliseconds(5))
        // Asking for it makes the server notice that it has expired.
        _ = try await control.pipeline([RedisCommand("EXISTS", key("x"))])
        guard let line = replies.compactMap(\.errorLine).first else { return }
        throw RedisClientError.refused(server: endpoint.description, command: "a trial write", reply: line)
    }

    private func listen(_ line: NotificationLine) async throws {
        let number = await line.mark()
        for _ in 0..<Self.patience {
            if let number, line.offset >= number { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw RedisClientError.timedOut(server: endpoint.description, command: "PING")
    }
}

/// Keeps the names of the events.
private final class EventNames: ChangeSink {
    private let state = Mutex<Set<String>>([])

    var names: Set<String> { state.withLock { $0 } }

    func changed(shard: ShardID, _ touches: Touches, position: FeedPosition) {
        let names = touches.touches.map { String(decoding: $0.command, as: UTF8.self) }
        state.withLock { $0.formUnion(names) }
    }

    func lost(shard: ShardID, reason: String) {}
}

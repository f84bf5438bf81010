import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// The replication feed of one shard: the tool is a replica that keeps no data.
///
/// Where the server has a backlog, `PSYNC <its id> <its offset + 1>` continues at once and no RDB is made. Where it
/// has none, a first connection that asks for a full synchronisation makes the server create one (replication.c,
/// syncCommand, before any child is started), and the feed's own connection then continues in it. Only where that does
/// not work either is an RDB sent: an empty one where the server knows `rdb-filter-only` (Redis 7.0), else the whole.
package final class ReplicationFeed: ChangeFeed {
    private let endpoint: RedisEndpoint
    private let shard: ShardID
    private let prefix: ByteString
    private let databases: [Int]?
    private let watched: WatchedKeys?
    private let group: any EventLoopGroup
    private let progress: ReplicationProgress
    private let marker: ByteString
    private let mayContinue: Bool
    private let connections = Mutex<[RedisConnection]>([])
    private let backlog = Mutex<Int?>(nil)
    private let known = Mutex(KnownCommands())
    private let shutdownWatch = Mutex<ShutdownWatch?>(nil)
    /// No Sentinel takes a replica with it for one (sentinel.c, createSentinelRedisInstance); port 0 it would list, write down
    /// and keep, and a real port could be somebody's.
    private static let unlistedPort: ByteString = "70000"

    /// - Parameters:
    ///   - databases: Those to follow; nil for all of them.
    ///   - mayContinue: False makes the server send an RDB, as one without a backlog does.
    package init(
        endpoint: RedisEndpoint,
        shard: ShardID = .standalone,
        prefix: ByteString,
        databases: [Int]? = nil,
        watched: WatchedKeys? = nil,
        group: any EventLoopGroup,
        mayContinue: Bool = true
    ) {
        self.endpoint = endpoint
        self.shard = shard
        self.prefix = prefix
        self.databases = databases
        self.watched = watched
        self.group = group
        self.mayContinue = mayContinue
        marker = "__ferrite_migrate:feed:\(UInt64.random(in: 0...UInt64.max))"
        progress = ReplicationProgress(marker: marker)
    }

    package let kind = FeedKind.replication
    package var position: FeedPosition? { progress.position }
    package var backlogBytes: Int? { backlog.withLock { $0 } }
    package var offset: Int { progress.offset.load(ordering: .acquiring) }

    package func attach(
        to sink: any ChangeSink,
        from position: FeedPosition?
    ) async throws(MigrationFailure) -> FeedAttachment {
        do {
            return try await open(sink, from: position)
        } catch let failure as MigrationFailure {
            await detach()
            throw failure
        } catch {
            await detach()
            throw MigrationFailure(attaching: error, to: endpoint.description)
        }
    }

    package func serverOffset() async throws(MigrationFailure) -> Int {
        do {
            return try await replicationInfo().offset
        } catch {
            throw MigrationFailure(error, while: "reading the replication offset")
        }
    }

    package func detach() async {
        progress.isDetached.store(true, ordering: .releasing)
        let open = connections.withLock { all in
            defer { all = [] }
            return all
        }
        for connection in open { await connection.close() }
        shutdownWatch.withLock(\.self)?.end()
    }
}

extension ReplicationFeed {
    private func open(_ sink: any ChangeSink, from position: FeedPosition?) async throws -> FeedAttachment {
        let control = try await connect()
        try await learnCommands(control)
        if let position, let resumed = try await resume(sink, from: position) {
            return FeedAttachment(position: resumed, continued: true)
        }
        // Without a marker nobody says in which database a continued stream goes on; a full one begins with SELECT.
        let canMark = try await publish("\(marker):probe", control)
        let isOpen = mayContinue && canMark ? try await openInBacklog(sink) : false
        if !isOpen { try await synchronize(sink, from: nil) }
        if canMark { try await findDatabase(control) }
        guard let position = progress.position else {
            throw RedisClientError.disconnected(server: endpoint.description, reason: "the stream has ended")
        }
        return FeedAttachment(position: position, continued: false)
    }

    /// Goes on where an earlier feed stood, if the server still has that; nil where it has not, and nothing was begun.
    private func resume(_ sink: any ChangeSink, from position: FeedPosition) async throws -> FeedPosition? {
        guard try await replicationInfo().has(position) else { return nil }
        guard case .continued(let id) = try await synchronize(sink, from: position) else {
            // It lost the position just now: the stream that it began instead is given up with its connection.
            throw RedisClientError.disconnected(server: endpoint.description, reason: "the backlog has moved on")
        }
        var resumed = position
        if let id { resumed.replicationID = id }
        return resumed
    }

    private func connect() async throws -> RedisConnection {
        let connection = try await RedisConnection.connect(to: endpoint, on: group)
        connections.withLock { $0.append(connection) }
        return connection
    }

    /// What a server that does not say it has of modules' commands is doubted; see `KnownCommands`.
    private func learnCommands(_ control: RedisConnection) async throws(RedisClientError) {
        let table = try await control.pipeline([RedisCommand("COMMAND")])[0]
        known.withLock { $0 = KnownCommands(table: table) }
    }

    private func replicationInfo() async throws(RedisClientError) -> ReplicationInfo {
        guard let control = connections.withLock({ $0.first }) else {
            throw .disconnected(server: endpoint.description, reason: "the feed is detached")
        }
        guard let info = ReplicationInfo(try await control.info("replication")) else {
            throw .unexpectedReply(server: endpoint.description, command: "INFO replication")
        }
        backlog.withLock { $0 = info.hasBacklog ? info.backlogBytes : nil }
        return info
    }

    /// False where there is no backlog, and none could be made.
    private func openInBacklog(_ sink: any ChangeSink) async throws -> Bool {
        let primer = try await replicationInfo().hasBacklog ? nil : await primeBacklog()
        defer { if let primer { Task { await primer.close() } } }
        let info = try await replicationInfo()
        guard info.hasBacklog else { return false }
        let position = FeedPosition(replicationID: info.id, offset: info.offset, database: 0)
        try await synchronize(sink, from: position)
        return true
    }

    /// Makes the server create its backlog. The connection must stay open until the feed's own is attached.
    private func primeBacklog() async throws -> RedisConnection {
        let primer = try await RedisConnection.connect(to: endpoint, on: group)
        try await introduce(primer)
        try await primer.takeOver { _ in Discard() }
        try await primer.send(RedisCommand("PSYNC", "?", "-1"))
        for _ in 0..<100 {
            if try await replicationInfo().hasBacklog { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        return primer
    }

    /// Says what the tool understands, and that it wants no data where a server can leave it out.
    private func introduce(_ connection: RedisConnection) async throws(RedisClientError) {
        try await connection.call("REPLCONF", "capa", "eof", "capa", "psync2")
        _ = try await connection.pipeline([
            RedisCommand("REPLCONF", "listening-port", Self.unlistedPort),
            // Redis before 7.0 does not know the filter and sends everything.
            RedisCommand("REPLCONF", "rdb-filter-only", ""),
        ])
    }

    private func watchShutdown(over connection: RedisConnection) -> ShutdownWatch {
        let progress = progress
        let watch = ShutdownWatch { [weak self] in
            guard let control = self?.connections.withLock({ $0.first }) else { return false }
            return (try? await control.info("server"))?["shutdown_in_milliseconds"] != nil
        } acknowledge: {
            let offset = progress.offset.load(ordering: .acquiring)
            try? await connection.send(RedisCommand("REPLCONF", "ACK", ByteString(offset)))
        }
        let earlier = shutdownWatch.withLock { current in
            defer { current = watch }
            return current
        }
        earlier?.end()
        return watch
    }

    /// - Parameter position: The last byte that is known: the stream is asked for from the next one. Nil for a full
    ///   synchronisation.
    @discardableResult
    private func synchronize(
        _ sink: any ChangeSink,
        from position: FeedPosition?
    ) async throws -> ReplicationPreamble.Answer {
        let connection = try await connect()
        try await introduce(connection)
        let promise = group.next().makePromise(of: ReplicationPreamble.Answer.self)
        let watch = watchShutdown(over: connection)
        let settings = ReplicationHandler.Settings(
            shard: shard,
            server: endpoint.description,
            pulse: endpoint.pulse,
            prefix: prefix,
            databases: databases,
            watched: watched,
            known: known.withLock(\.self),
            start: position ?? FeedPosition(replicationID: "?", offset: -1, database: 0),
            askedForOffset: { watch.asked() }
        )
        let progress = progress
        try await connection.takeOver { _ in
            ReplicationHandler(settings: settings, sink: sink, progress: progress, answered: promise)
        }
        let first = position.map { ByteString($0.offset + 1) } ?? "-1"
        try await connection.send(RedisCommand("PSYNC", ByteString(settings.start.replicationID), first))
        let answer = try await promise.futureResult.get()
        if case .refused(let line) = answer {
            throw RedisClientError.refused(server: endpoint.description, command: "PSYNC", reply: line)
        }
        return answer
    }

    private func publish(_ channel: ByteString, _ control: RedisConnection) async throws -> Bool {
        let reply = try await control.pipeline([RedisCommand("PUBLISH", channel, "")])[0]
        if case .error = reply { return false }
        return true
    }

    /// No SELECT opens a continued stream, so its database is unknown until the next one. A PUBLISH from database 0
    /// reaches the stream with a SELECT before it unless 0 is selected already. What came before it was not told right,
    /// and need not be: nothing has been scanned yet.
    private func findDatabase(_ control: RedisConnection) async throws {
        _ = try await publish(marker, control)
        for attempt in 1...10_000 {
            if progress.sawMarker { return }
            try await Task.sleep(for: attempt < 100 ? .microseconds(200) : .milliseconds(2))
        }
        throw MigrationFailure(
            .failed,
            "the replication stream of \(endpoint) stays silent: check its client-output-buffer-limit replica, and try again"
        )
    }
}

/// What INFO replication says of a server's stream.
struct ReplicationInfo: Equatable, Sendable {
    let id: String
    let offset: Int
    let hasBacklog: Bool
    private let earlierID: String?
    /// The offset up to which the stream had its earlier id (of the primary that this one was a replica of).
    private let earlierEnd: Int
    private let backlogStart: Int
    let backlogBytes: Int?

    init?(_ info: ServerInfo) {
        guard let id = info["master_replid"], let offset = info.integer("master_repl_offset") else { return nil }
        self.id = id
        self.offset = offset
        hasBacklog = info["repl_backlog_active"] == "1"
        earlierID = info["master_replid2"]
        earlierEnd = info.integer("second_repl_offset") ?? -1
        backlogBytes = info.integer("repl_backlog_size")
        backlogStart = info.integer("repl_backlog_first_byte_offset") ?? .max
    }

    /// Whether `PSYNC` from behind this position would be continued (Redis replication.c,
    /// masterTryPartialResynchronization).
    func has(_ position: FeedPosition) -> Bool {
        let next = position.offset + 1
        let isMine = position.replicationID == id || position.replicationID == earlierID && next <= earlierEnd
        return isMine && hasBacklog && next >= backlogStart && next <= offset + 1
    }
}

/// Takes what comes on a connection that nobody reads.
private final class Discard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}

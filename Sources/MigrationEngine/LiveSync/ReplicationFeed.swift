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
    private let shard: Int
    private let prefix: ByteString
    private let databases: [Int]?
    private let watched: WatchedKeys?
    private let group: any EventLoopGroup
    private let progress: ReplicationProgress
    private let marker: ByteString
    private let mayContinue: Bool
    private let connections = Mutex<[RedisConnection]>([])

    /// - Parameters:
    ///   - databases: Those to follow; nil for all of them.
    ///   - mayContinue: False makes the server send an RDB, as one without a backlog does.
    package init(
        endpoint: RedisEndpoint,
        shard: Int = 0,
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

    package var offset: Int { progress.offset.load(ordering: .acquiring) }

    package func attach(to sink: any ChangeSink) async throws(MigrationFailure) -> FeedPosition {
        do {
            return try await open(sink)
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
    }
}

extension ReplicationFeed {
    private func open(_ sink: any ChangeSink) async throws -> FeedPosition {
        let control = try await connect()
        // Without a marker nobody says in which database a continued stream goes on; a full one begins with SELECT.
        let canMark = try await publish("\(marker):probe", control)
        let isOpen = mayContinue && canMark ? try await openInBacklog(sink) : false
        if !isOpen { try await synchronize(sink, replicationID: "?", offset: -1) }
        if canMark { try await findDatabase(control) }
        let info = try await replicationInfo()
        return FeedPosition(replicationID: info.id, offset: offset, database: 0)
    }

    private func connect() async throws -> RedisConnection {
        let connection = try await RedisConnection.connect(to: endpoint, on: group)
        connections.withLock { $0.append(connection) }
        return connection
    }

    /// The server's replication id, its offset, and whether it has a backlog to continue in.
    private func replicationInfo() async throws(RedisClientError) -> (id: String, offset: Int, hasBacklog: Bool) {
        guard let control = connections.withLock({ $0.first }) else {
            throw .disconnected(server: endpoint.description, reason: "the feed is detached")
        }
        let info = try await control.info("replication")
        guard let id = info["master_replid"], let offset = info.integer("master_repl_offset") else {
            throw .unexpectedReply(server: endpoint.description, command: "INFO replication")
        }
        return (id, offset, info["repl_backlog_active"] == "1")
    }

    /// False where there is no backlog, and none could be made.
    private func openInBacklog(_ sink: any ChangeSink) async throws -> Bool {
        let primer = try await replicationInfo().hasBacklog ? nil : await primeBacklog()
        defer { if let primer { Task { await primer.close() } } }
        let info = try await replicationInfo()
        guard info.hasBacklog else { return false }
        try await synchronize(sink, replicationID: info.id, offset: info.offset)
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
        // Redis before 7.0 does not know the filter and sends everything.
        _ = try await connection.pipeline([RedisCommand("REPLCONF", "rdb-filter-only", "")])
    }

    /// - Parameter offset: The last byte that is known; the stream is asked for from the next one.
    private func synchronize(
        _ sink: any ChangeSink,
        replicationID: String,
        offset: Int
    ) async throws {
        let connection = try await connect()
        try await introduce(connection)
        let promise = group.next().makePromise(of: ReplicationPreamble.Answer.self)
        let settings = ReplicationHandler.Settings(
            shard: shard,
            server: endpoint.description,
            prefix: prefix,
            databases: databases,
            watched: watched,
            database: 0,
            requestedOffset: offset,
            replicationID: replicationID
        )
        let progress = progress
        try await connection.takeOver { _ in
            ReplicationHandler(settings: settings, sink: sink, progress: progress, answered: promise)
        }
        let first = replicationID == "?" ? "-1" : ByteString(offset + 1)
        try await connection.send(RedisCommand("PSYNC", ByteString(replicationID), first))
        if case .refused(let line) = try await promise.futureResult.get() {
            throw RedisClientError.refused(server: endpoint.description, command: "PSYNC", reply: line)
        }
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

/// Takes what comes on a connection that nobody reads.
private final class Discard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}

import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Which of the tenant's keys at the target a migration has put there, asked for a cancel.
///
/// This process knows what it has moved. What an earlier worker has moved the source still has, or it was changed there
/// since the position up to which everything is written: the source's stream names it. Any other key is somebody
/// else's.
actor MovedKeys {
    private let plan: MigrationPlan
    private let endpoints: MigrationEndpoints
    private let queue: KeyTransferQueue
    private let position: FeedPosition?
    private let group: any EventLoopGroup
    private let changes = TargetWatch()
    private var source: RedisConnection?
    private var feed: ReplicationFeed?
    private var canFollow = true

    /// - Parameter position: Up to there all changes of the source are at the target; nil where nothing was moved yet.
    init(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        queue: KeyTransferQueue,
        position: FeedPosition?,
        group: any EventLoopGroup
    ) {
        self.plan = plan
        self.endpoints = endpoints
        self.queue = queue
        self.position = position
        self.group = group
    }

    /// One answer a key.
    func includes(_ keys: [ByteString], database: Int) async throws -> [Bool] {
        var answers = keys.map { queue.wasMoved(KeyName(database: database, key: $0)) }
        try await ask(&answers, keys) { try await self.sourceHas($0, database) }
        try await ask(&answers, keys) { try await self.changed($0, database) }
        return answers
    }

    func close() async {
        await feed?.detach()
        await source?.close()
    }

    /// Asks of the keys for which the answer is no so far.
    private func ask(
        _ answers: inout [Bool],
        _ keys: [ByteString],
        _ question: ([ByteString]) async throws -> [Bool]
    ) async throws {
        let open = answers.indices.filter { !answers[$0] }
        guard !open.isEmpty else { return }
        for (index, answer) in zip(open, try await question(open.map { keys[$0] })) { answers[index] = answer }
    }

    private func sourceHas(_ keys: [ByteString], _ database: Int) async throws(RedisClientError) -> [Bool] {
        let connection: RedisConnection
        if let source {
            connection = source
        } else {
            connection = try await RedisConnection.connect(to: endpoints.source, on: group)
            source = connection
        }
        let commands = [RedisCommand("SELECT", ByteString(database))] + keys.map { RedisCommand("TYPE", $0) }
        return try await connection.pipeline(commands).dropFirst().map { $0.text != "none" }
    }

    /// Asked after the source was, so that a key that went in between is named.
    private func changed(_ keys: [ByteString], _ database: Int) async throws -> [Bool] {
        guard let feed = try await attached() else { return keys.map { _ in false } }
        let offset = try await feed.serverOffset()
        while feed.offset < offset, changes.lostReason == nil { try await Task.sleep(for: .milliseconds(1)) }
        return keys.map { changes.wasWritten(database: database, key: $0) }
    }

    private func attached() async throws(MigrationFailure) -> ReplicationFeed? {
        if let feed { return feed }
        guard canFollow, let position, position.isContinuable else { return nil }
        let feed = ReplicationFeed(
            endpoint: endpoints.source,
            prefix: plan.scope.prefix,
            databases: plan.databases,
            group: group
        )
        changes.begin(at: [.standalone: position.offset])
        canFollow = try await feed.attach(to: changes, from: position).continued
        guard canFollow else {
            await feed.detach()
            return nil
        }
        self.feed = feed
        return feed
    }
}

import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// Keeps a tenant's keys at the target equal to the source's: the initial scan, the touched keys that follow, and the
/// comparison of names. It knows no phases; the runner says what to do when.
package final class Synchronizer: Sendable {
    private struct State {
        var lanes: [LaneHandle] = []
        var mover: BigValueMover?
        var scan = ScanProgress(sizes: [:])
        var databases: [Int] = []
        var isClosed = false
        var failure: MigrationFailure?
    }

    let plan: MigrationPlan
    let endpoints: MigrationEndpoints
    let group: any EventLoopGroup
    let queue: KeyTransferQueue
    /// One for each shard of the source. A standalone server is one shard.
    let feeds: [any ChangeFeed]
    private let laneLoops: [any EventLoop]
    /// For the feed and the scans.
    private let sideLoop: any EventLoop
    private let state = Mutex(State())
    private let failures: AsyncStream<MigrationFailure>.Continuation
    /// Yields what stopped the synchronisation, once.
    package let failed: AsyncStream<MigrationFailure>

    package init(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        group: any EventLoopGroup,
        feeds: [any ChangeFeed]? = nil
    ) {
        self.plan = plan
        self.endpoints = endpoints
        self.group = group
        queue = KeyTransferQueue(options: plan.transfer)
        // The lanes have their own threads, so that a feed is read at full speed whatever they do.
        let loops = Array(group.makeIterator())
        laneLoops = Array(loops.prefix(max(1, loops.count / 2)))
        sideLoop = loops.last ?? group.next()
        self.feeds =
            feeds ?? [
                ReplicationFeed(
                    endpoint: endpoints.source,
                    prefix: plan.scope.prefix,
                    databases: plan.databases,
                    watched: queue.watchedKeys,
                    group: sideLoop
                )
            ]
        (failed, failures) = AsyncStream.makeStream(of: MigrationFailure.self)
    }

    /// Attaches the feeds and opens the lanes. What changes from now on is not missed.
    func prepare(router: ChangeRouter) async throws(MigrationFailure) -> [FeedPosition] {
        var positions: [FeedPosition] = []
        for feed in feeds { positions.append(try await feed.attach(to: router)) }
        do {
            let version = try await sourceVersion()
            let mover = try await openMover(version >= 7 ? .absolute : .relative, on: sideLoop)
            state.withLock { $0.mover = mover }
            for number in 0..<plan.transfer.parallel {
                let lane = try await LaneHandle.open(
                    number: number,
                    queue: queue,
                    endpoints: endpoints,
                    expiryQuery: version >= 7 ? .absolute : .relative,
                    bigValueBytes: mover == nil ? nil : plan.transfer.bigValueBytes,
                    loop: laneLoops[number % laneLoops.count],
                    failed: { [weak self] in self?.laneFailed($0) }
                )
                state.withLock { $0.lanes.append(lane) }
            }
        } catch {
            throw MigrationFailure(error, while: "synchronising")
        }
        return positions
    }

    func fail(_ failure: MigrationFailure) {
        let isNews = state.withLock { state in
            guard !state.isClosed, state.failure == nil else { return false }
            state.failure = failure
            return true
        }
        if isNews { failures.yield(failure) }
    }

    /// Throws what stopped the synchronisation, for those who wait for it.
    func check() throws(MigrationFailure) {
        let (failure, isClosed) = state.withLock { ($0.failure, $0.isClosed) }
        if let failure { throw failure }
        if isClosed { throw MigrationFailure(.failed, "the synchronisation was stopped") }
    }

    func close() async {
        let (lanes, mover) = state.withLock { state in
            state.isClosed = true
            defer { (state.lanes, state.mover) = ([], nil) }
            return (state.lanes, state.mover)
        }
        await withTaskGroup { group in
            if let mover { group.addTask { await mover.close() } }
            for lane in lanes { group.addTask { await lane.close() } }
        }
        for feed in feeds { await feed.detach() }
        failures.finish()
    }

    private func laneFailed(_ failure: LaneFailure) {
        fail(MigrationFailure(failure, source: endpoints.source.description, target: endpoints.target.description))
    }

    private func sourceVersion() async throws(RedisClientError) -> Int {
        let connection = try await RedisConnection.connect(to: endpoints.source, on: group)
        let info = try await connection.info("server")
        await connection.close()
        return info["redis_version"].flatMap { Int($0.prefix { $0 != "." }) } ?? 7
    }
}

// MARK: - Initial sync

extension Synchronizer {
    /// Scans every database and returns when each key seen, and each touched until then, is at the target.
    func synchronize() async throws(MigrationFailure) {
        queue.beginExpiryFreeScan()
        try await withScanners { scanners in
            let keyspace = try await scanners.source.connection.info("keyspace")
            let sizes = self.sizes(keyspace)
            try await self.spareSizeQuestions(scanners.source.connection)
            self.queue.scanWithoutExpiry(keyspace.databasesWithoutExpiry)
            self.state.withLock { state in
                state.scan = ScanProgress(sizes: sizes)
                state.databases = sizes.keys.sorted()
            }
            for database in sizes.keys.sorted() {
                try await scanners.source.scan(database: database) { page in
                    try await self.queue.enqueue(page, database: database)
                    self.state.withLock {
                        $0.scan.advance(database: database, cursor: page.cursor, found: page.count)
                    }
                }
            }
        }
        if plan.replace { try await census() }
        try await settle()
        queue.endExpiryFreeScan()
    }

    /// Waits until all that is known to have changed by now is at the target.
    func settle() async throws(MigrationFailure) {
        let offsets = feeds.map(\.offset)
        while true {
            try check()
            let snapshot = queue.snapshot
            let safe = queue.safePositions
            let isPast = offsets.indices.allSatisfy { (safe[$0]?.offset ?? 0) >= offsets[$0] }
            if snapshot.scannedKeys == 0, snapshot.lagKeys == 0 || isPast { return }
            if snapshot.scannedKeys == 0 { queue.hurryBigValues() }
            do {
                try await Task.sleep(for: .milliseconds(2))
            } catch {
                throw MigrationFailure(.failed, "the initial sync was stopped")
            }
        }
    }

    /// Waits until everything that the source's stream said up to these offsets is at the target.
    func written(upTo offsets: [Int]) async throws(MigrationFailure) -> Bool {
        while !state.withLock(\.isClosed) {
            let snapshot = queue.snapshot
            let safe = queue.safePositions
            let passed = zip(feeds, offsets).allSatisfy { $0.offset >= $1 }
            if passed, snapshot.isIdle || offsets.indices.allSatisfy({ (safe[$0]?.offset ?? 0) >= offsets[$0] }) {
                return true
            }
            do { try await Task.sleep(for: .milliseconds(1)) } catch { return false }
        }
        return false
    }

    /// Where each shard of the source stands now.
    func sourceOffsets() async throws(MigrationFailure) -> [Int] {
        var offsets: [Int] = []
        for feed in feeds { offsets.append(try await feed.serverOffset()) }
        return offsets
    }

    /// Keys in each database that belongs to the migration.
    private func sizes(_ keyspace: ServerInfo) -> [Int: Int] {
        let sizes = Dictionary(uniqueKeysWithValues: keyspace.databases.map { ($0.number, $0.keys) })
        guard let wanted = plan.databases else { return sizes }
        return sizes.filter { wanted.contains($0.key) }
    }
}

// MARK: - Names

extension Synchronizer {
    /// Compares the names at both sides. Keys that only one side has are read again, and the source decides: so what
    /// the target has and the source has not is removed, and what the target lost is brought back.
    func census() async throws(MigrationFailure) {
        queue.beginCensus()
        try await everyName(
            atTarget: { self.queue.sawAtTarget($0, database: $1) },
            atSource: { self.queue.sawAtSource($0, database: $1) }
        )
    }

    /// A database was emptied or exchanged as a whole: every name at either side is read again. What was read before
    /// that and is still on its way must arrive first, else it would be written behind our back.
    func resynchronize(_ databases: Set<Int>) async throws(MigrationFailure) {
        let ticket = queue.newestTicket
        while !queue.isWritten(upTo: ticket) {
            try check()
            do {
                try await Task.sleep(for: .milliseconds(1))
            } catch {
                throw MigrationFailure(.failed, "the synchronisation was stopped")
            }
        }
        try await everyName(
            in: databases.contains(Touches.allDatabases) ? nil : databases,
            atTarget: { self.queue.touchAll($0, database: $1) },
            atSource: { self.queue.touchAll($0, database: $1) }
        )
    }

    private func everyName(
        in databases: Set<Int>? = nil,
        atTarget: @escaping @Sendable (KeyPage, Int) -> Void,
        atSource: @escaping @Sendable (KeyPage, Int) -> Void
    ) async throws(MigrationFailure) {
        try await withScanners { scanners in
            for (scanner, saw) in [(scanners.target, atTarget), (scanners.source, atSource)] {
                for database in try await self.sizes(scanner.connection.info("keyspace")).keys.sorted()
                where databases?.contains(database) ?? true {
                    try await scanner.scan(database: database) { saw($0, database) }
                }
            }
        }
    }

    private func withScanners(
        _ body: @escaping @Sendable ((source: KeyScanner, target: KeyScanner)) async throws -> Void
    ) async throws(MigrationFailure) {
        do {
            let source = try await RedisConnection.connect(to: endpoints.source, on: sideLoop)
            let target = try await RedisConnection.connect(to: endpoints.target, on: sideLoop)
            let scope = plan.scope
            let result: Result<Void, any Error>
            do {
                try await body(
                    (KeyScanner(connection: source, scope: scope), KeyScanner(connection: target, scope: scope))
                )
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await source.close()
            await target.close()
            try result.get()
        } catch let failure as MigrationFailure {
            throw failure
        } catch let error as RedisClientError {
            throw MigrationFailure(error, while: "synchronising")
        } catch {
            throw MigrationFailure(.failed, "the scan was stopped")
        }
    }
}

// MARK: - How far it is

extension Synchronizer {
    /// 0 to 1: how much of the keyspace the scan has covered.
    var scanned: Double { state.withLock { $0.scan.fraction } }
    var isScanDone: Bool { state.withLock { !$0.databases.isEmpty && $0.scan.isDone } }
    var estimatedKeys: Int { state.withLock { $0.scan.estimatedKeys } }
}

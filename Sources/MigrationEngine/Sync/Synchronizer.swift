import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// Keeps a tenant's keys at the target equal to the source's: the initial scan, the touched keys that follow, and the
/// comparison of names. It knows no phases; the runner says what to do when. Connections may break and be opened
/// again; what is known of the keys stays.
package final class Synchronizer: Sendable {
    struct State {
        /// By their numbers.
        var lanes: [Int: LaneHandle] = [:]
        /// How the lanes read, once that is known of the source.
        var reading: (expiry: ExpiryQuery, bigValueBytes: Int?) = (.absolute, nil)
        /// Those of the source, while they are attached.
        var feeds = ShardMap<any ChangeFeed>()
        var noteSetting: (@Sendable (ServerSetting) async throws(MigrationFailure) -> Void)?
        /// What it said still holds; it says nothing more.
        var isFeedLost = false
        var servers: ServerIdentities?
        var gap: Gap?
        /// The command with which somebody has emptied the target, until everything is copied again.
        var emptiedBy: String?
        /// The queue has met every key: its count is better than what an earlier worker has left.
        var isCounted = false
        /// What a feed changed at the source, as long as it may not have been put back.
        var notifications: NotificationSetting?
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
    let laneLoops: [any EventLoop]
    /// For the feed and the scans.
    let sideLoop: any EventLoop
    let state = Mutex(State())
    let emptying: EmptyingWatch
    let rereading: Rereading
    private let failures: AsyncStream<MigrationFailure>.Continuation
    /// Yields what stopped the synchronisation; the next only after it was attached again.
    package let failed: AsyncStream<MigrationFailure>

    package init(plan: MigrationPlan, endpoints: MigrationEndpoints, group: any EventLoopGroup) {
        self.plan = plan
        self.endpoints = endpoints
        self.group = group
        queue = KeyTransferQueue(options: plan.transfer)
        // The lanes have their own threads, so that a feed is read at full speed whatever they do.
        let loops = Array(group.makeIterator())
        laneLoops = Array(loops.prefix(max(1, loops.count / 2)))
        sideLoop = loops.last ?? group.next()
        emptying = EmptyingWatch(endpoint: endpoints.target, loop: sideLoop)
        rereading = Rereading(queue: queue)
        (failed, failures) = AsyncStream.makeStream(of: MigrationFailure.self)
    }

    var feeds: ShardMap<any ChangeFeed> { state.withLock(\.feeds) }
    /// Who the servers were when they were last connected to.
    var servers: ServerIdentities? { state.withLock(\.servers) }
    /// What stopped the synchronisation; nil while all is well.
    var failure: MigrationFailure? { state.withLock(\.failure) }

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
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        await closeLanes()
        await dropFeeds()
        await emptying.close()
        await putNotificationsBack()
        failures.finish()
    }
}

// MARK: - Initial sync

extension Synchronizer {
    /// Scans every database and returns when each key seen, and each touched until then, is at the target.
    ///
    /// - Parameter keysBefore: What the source had before it came back as another and changes were missed.
    func synchronize(_ extent: SyncExtent, keysBefore: Int? = nil) async throws(MigrationFailure) {
        if extent == .everything { try await checkSourceHasKeys(knowing: keysBefore ?? 0) }
        if extent == .missing { try await learn() }
        queue.beginExpiryFreeScan()
        queue.beginScan()
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
                    try FailPoint.reach(.scanPage)
                    try await self.queue.enqueue(page, database: database)
                    self.state.withLock {
                        $0.scan.advance(database: database, cursor: page.cursor, found: page.count)
                    }
                }
            }
        }
        if extent != .fresh { try await census() }
        try await settle()
        queue.endExpiryFreeScan()
        state.withLock { $0.isCounted = true }
    }

    /// What the target has was put there before, and is equal or dirty.
    private func learn() async throws(MigrationFailure) {
        try await withScanners { scanners in
            for database in try await self.sizes(scanners.target.connection.info("keyspace")).keys.sorted() {
                try await scanners.target.scan(database: database) { self.queue.learn($0, database: database) }
            }
        }
    }

    /// A source that came back without its data must not take the last copy away, whatever its clients have written
    /// since; nor where the target has lost its own, too. Asked before anything is copied.
    private func checkSourceHasKeys(knowing before: Int) async throws(MigrationFailure) {
        let (source, target) = try await countNames()
        // What the target of a migration with --replace has may be of another copy.
        let copy = plan.replace ? 0 : target
        guard source * 2 < max(copy, before) else { return }
        let isCopyWhole = target * 2 >= before
        throw MigrationFailure(
            .failed,
            "\(endpoints.source) has lost \(source == 0 ? "all" : "most") keys of the tenant since changes could last be "
                + "followed: it has \(source), the copy at \(endpoints.target) has \(target) and is left as it is"
                + (isCopyWhole ? "" : ", and it had \(before) before")
                + "; restore the source's data and run resume \(plan.id)\(isCopyWhole ? ", or keep the copy as the data" : "")"
                + "; if they were removed on purpose, cancel \(plan.id) and migrate anew"
        )
    }

    /// The tenant's keys at both sides.
    private func countNames() async throws(MigrationFailure) -> (source: Int, target: Int) {
        let counts = Mutex((source: 0, target: 0))
        try await everyName(
            atTarget: { page, _ in counts.withLock { $0.target += page.count } },
            atSource: { page, _ in counts.withLock { $0.source += page.count } }
        )
        return counts.withLock(\.self)
    }

    /// Waits until all that is known to have changed by now is at the target.
    func settle() async throws(MigrationFailure) {
        try FailPoint.reach(.settle)
        let offsets = try await knownOffsets()
        while true {
            try check()
            let snapshot = queue.snapshot
            let safe = queue.safePositions
            let isPast = safe.offsets.haveReached(offsets)
            if snapshot.scannedKeys == 0, snapshot.lagKeys == 0 || isPast { return }
            if snapshot.scannedKeys == 0 { queue.hurryBigValues() }
            rereading.hurry()
            do {
                try await Task.sleep(for: .milliseconds(2))
            } catch {
                throw MigrationFailure(.failed, "the initial sync was stopped")
            }
        }
    }

    /// Waits until everything that the source's stream said up to these offsets is at the target. False where that will
    /// not be known.
    func written(upTo offsets: ShardOffsets) async throws(MigrationFailure) -> Bool {
        while !offsets.isEmpty, !state.withLock(\.isClosed) {
            let snapshot = queue.snapshot
            let safe = queue.safePositions
            if haveFeeds(reached: offsets), snapshot.isIdle || safe.offsets.haveReached(offsets) { return true }
            do { try await Task.sleep(for: .milliseconds(1)) } catch { return false }
        }
        return false
    }

    /// Waits until the feeds have told all that lies before these offsets, or one of them is lost.
    func heard(upTo offsets: ShardOffsets) async {
        while !state.withLock({ $0.isClosed || $0.isFeedLost || $0.feeds.shards != offsets.shards }) {
            guard !offsets.isEmpty, !haveFeeds(reached: offsets) else { return }
            do { try await Task.sleep(for: .milliseconds(1)) } catch { return }
        }
    }

    /// Whether the feeds have told all that lies before these offsets.
    func haveFeeds(reached offsets: ShardOffsets) -> Bool {
        feeds.mapValues(\.offset).haveReached(offsets)
    }

    /// Where each shard of the source stands now.
    func sourceOffsets() async throws(MigrationFailure) -> ShardOffsets {
        var offsets = ShardOffsets()
        for (shard, feed) in feeds.sorted { offsets[shard] = try await feed.serverOffset() }
        return offsets
    }

    /// Where each shard of the source stands now, and how many seconds it took to say so.
    func measuredOffsets() async throws(MigrationFailure) -> (offsets: ShardOffsets, seconds: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let offsets = try await sourceOffsets()
        return (offsets, (clock.now - start) / .seconds(1))
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
    /// the target has and the source has not is removed, and what the target lost is brought back. What was believed of
    /// either side before does not count.
    func census() async throws(MigrationFailure) {
        try FailPoint.reach(.census)
        queue.beginCensus()
        try await everyName(
            atTarget: { self.queue.sawAtTarget($0, database: $1) },
            atSource: { self.queue.sawAtSource($0, database: $1) }
        )
        if queue.hasUnmatched {
            try await everyName(atTarget: { self.queue.sawAtTargetAgain($0, database: $1) })
        }
        queue.endCensus()
    }

    /// Every name of these databases at either side is read again. What was read before and is still on its way must
    /// arrive first, else it would be written behind our back.
    func readAgain(_ databases: Set<Int>) async throws(MigrationFailure) {
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
        atSource: (@Sendable (KeyPage, Int) -> Void)? = nil
    ) async throws(MigrationFailure) {
        try await withScanners { scanners in
            for (scanner, saw) in [(scanners.target, atTarget), (scanners.source, atSource)] {
                guard let saw else { continue }
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
            let (scope, pageBytes) = (plan.scope, queue.bounds.chunkBytes)
            let result: Result<Void, any Error>
            do {
                try await body(
                    (
                        KeyScanner(connection: source, scope: scope, pageBytes: pageBytes),
                        KeyScanner(connection: target, scope: scope, pageBytes: pageBytes)
                    )
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

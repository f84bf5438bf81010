import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

// Opening feeds and lanes, the first time and again.
extension Synchronizer {
    /// What is known from before of the feeds' positions, the servers' identities and the number of keys at both, for a
    /// worker that has just begun.
    package struct Memory: Sendable {
        package let positions: ShardPositions
        package let servers: ServerIdentities
        package let keys: Int

        package init(positions: ShardPositions, servers: ServerIdentities, keys: Int) {
            self.positions = positions
            self.servers = servers
            self.keys = keys
        }
    }

    /// What was missed, from when it is noticed until an `attach` has told it.
    struct Gap {
        let reason: String
        /// Keys that the source was known to have.
        let keys: Int
    }

    /// Opens what is not open. What changes from its return on is not missed; whether something was missed before is in
    /// the attachment. May be called again whatever it threw.
    ///
    /// - Parameter check: Whether the tenant is still this migration's. Asked before anything is opened that writes, and
    ///   again when all is open and no key has been written yet: whoever switches the tenant raises his fence first and
    ///   ends the connections that he finds then, so of what comes later the fence is seen.
    func attach(
        to router: ChangeRouter,
        memory: Memory?,
        check isOurs: () async throws(MigrationFailure) -> Void
    ) async throws(MigrationFailure) -> Attachment {
        await closeLanes()
        queue.interrupt()
        queue.shut()
        _ = queue.redistribute()
        if state.withLock(\.isFeedLost) { await dropFeeds() }
        state.withLock { $0.failure = nil }
        let last = queue.toldPositions[.standalone] ?? memory?.positions[.standalone]
        try await SourceElection(endpoints: endpoints, group: sideLoop).run(from: last)
        try await isOurs()
        let servers = try await ServerIdentification(endpoints: endpoints, plan: plan, group: sideLoop).run()
        let (known, isCounted) = state.withLock { ($0.servers ?? memory?.servers, $0.isCounted) }
        let counted = queue.snapshot.keysAtSource
        try await attachFeeds(to: router, from: last, knowing: isCounted ? counted : max(counted, memory?.keys ?? 0))
        // An earlier try may have met it and broken off.
        let gap = state.withLock(\.gap)
        let isAnother = known.map { $0.source != servers.identities.source } ?? false
        var owed = gap == nil ? nil : SyncExtent.everything
        var reason = gap?.reason
        if let known, known.target != servers.identities.target {
            queue.forget()
            owed = .everything
            reason = "\(endpoints.target) is not the server that it was: it was restarted, or another took its place"
        }
        if let command = state.withLock(\.emptiedBy) {
            queue.forget()
            owed = .everything
            reason = emptied(by: command)
        }
        if owed == .everything { await emptying.forget() }
        try await openLanes(expiryQuery: servers.sourceVersion >= 7 ? .absolute : .relative)
        try await isOurs()
        queue.unshut()
        // Something may have broken since it was opened.
        try check()
        state.withLock { ($0.servers, $0.gap, $0.emptiedBy) = (servers.identities, nil, nil) }
        return Attachment(
            positions: queue.toldPositions,
            servers: servers.identities,
            owed: owed,
            gap: reason,
            keysBefore: isAnother ? gap?.keys : nil
        )
    }

    /// The feed was lost, or is given up: it is attached anew with the next `attach`.
    func dropFeeds() async {
        let feeds = state.withLock { state in
            defer { (state.feeds, state.isFeedLost) = ([:], false) }
            return state.feeds
        }
        for (_, feed) in feeds.sorted { await feed.detach() }
    }

    /// A feed has told all that it will ever tell.
    func feedLost(_ reason: String) {
        state.withLock { $0.isFeedLost = true }
        let server = endpoints.source.description
        let error = RedisClientError.disconnected(server: server, reason: reason + endpoints.closingHint(server))
        fail(MigrationFailure(error, while: "following the changes"))
    }

    /// Databases of the target were emptied or exchanged: which of the tenant's keys are still there is not known, so the
    /// next `attach` owes everything, as it does when the target is another.
    func targetEmptied(by command: String) {
        state.withLock { $0.emptiedBy = command }
        fail(MigrationFailure(.unreachable, "\(emptied(by: command)); everything is copied again"))
    }

    private func emptied(by command: String) -> String { "somebody emptied \(endpoints.target) with \(command)" }

    func closeLanes() async {
        let (lanes, mover) = state.withLock { state in
            defer { (state.lanes, state.mover) = ([:], nil) }
            return (Array(state.lanes.values), state.mover)
        }
        await withTaskGroup { group in
            if let mover { group.addTask { await mover.close() } }
            for lane in lanes { group.addTask { await lane.close() } }
        }
    }

    /// What the source keeps of its stream, the least of its shards; nil where it keeps nothing or does not say.
    var backlogBytes: Int? { feeds.sorted.compactMap(\.value.backlogBytes).min() }

    /// - Parameter keys: What the source is known to have, in case changes were missed.
    private func attachFeeds(
        to router: ChangeRouter,
        from last: FeedPosition?,
        knowing keys: Int
    ) async throws(MigrationFailure) {
        guard feeds.isEmpty else { return }
        try FailPoint.reach(.attachFeed)
        let feed = makeFeed()
        // What the feed tells while it is being attached must find a queue that has begun.
        if queue.toldPositions.isEmpty, let last { queue.begin(shard: .standalone, at: last) }
        let attachment = try await feed.attach(to: router, from: last)
        state.withLock { $0.feeds = [.standalone: feed] }
        guard !attachment.continued else { return }
        if last != nil {
            queue.forget()
            let reason = "\(endpoints.source) no longer has the changes since they could last be followed"
            state.withLock { $0.gap = Gap(reason: reason, keys: max(keys, $0.gap?.keys ?? 0)) }
        }
        queue.begin(shard: .standalone, at: attachment.position)
    }

    private func openLanes(expiryQuery: ExpiryQuery) async throws(MigrationFailure) {
        try FailPoint.reach(.openLanes)
        do {
            queue.beginBounds(source: endpoints.limits.source, target: endpoints.limits.target)
            let mover = try await openMover(expiryQuery, on: sideLoop)
            state.withLock { state in
                state.mover = mover
                state.reading = (expiryQuery, mover == nil ? nil : bigValueBytes)
            }
            try await openMissingLanes()
        } catch {
            throw MigrationFailure(error, while: "synchronising")
        }
    }

    func laneFailed(_ failure: LaneFailure) {
        let learns = !endpoints.limits.target.areKnown && queue.bounds.payloads.bytes > ByteBudget.least
        fail(MigrationFailure(failure, endpoints, learns: learns))
    }
}

import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

// Opening feeds and lanes, the first time and again.
extension Synchronizer {
    /// What is known from before of the feeds' positions and the servers' identities, for a worker that has just begun.
    package struct Memory: Sendable {
        package let positions: [FeedPosition]
        package let servers: ServerIdentities

        package init(positions: [FeedPosition], servers: ServerIdentities) {
            self.positions = positions
            self.servers = servers
        }
    }

    /// Opens what is not open. What changes from its return on is not missed; whether something was missed before is in
    /// the attachment. May be called again whatever it threw.
    func attach(to router: ChangeRouter, memory: Memory?) async throws(MigrationFailure) -> Attachment {
        await closeLanes()
        queue.interrupt()
        if state.withLock(\.isFeedLost) { await dropFeeds() }
        state.withLock { $0.failure = nil }
        let last = queue.toldPositions[0] ?? memory?.positions.first
        try await SourceElection(endpoints: endpoints, group: sideLoop).run(from: last)
        let servers = try await ServerIdentification(endpoints: endpoints, plan: plan, group: sideLoop).run()
        let gap = try await attachFeeds(to: router, memory: memory)
        let known = state.withLock(\.servers) ?? memory?.servers
        var owed = gap == nil ? nil : SyncExtent.everything
        var reason = gap
        if let known, known.target != servers.identities.target {
            queue.forget()
            owed = .everything
            reason = "\(endpoints.target) is not the server that it was: it was restarted, or another took its place"
        }
        try await openLanes(expiryQuery: servers.sourceVersion >= 7 ? .absolute : .relative)
        state.withLock { $0.servers = servers.identities }
        // Something may have broken since it was opened.
        try check()
        return Attachment(positions: positions, servers: servers.identities, owed: owed, gap: reason)
    }

    /// The feed was lost, or is given up: it is attached anew with the next `attach`.
    func dropFeeds() async {
        let feeds = state.withLock { state in
            defer { (state.feeds, state.isFeedLost) = ([], false) }
            return state.feeds
        }
        for feed in feeds { await feed.detach() }
    }

    /// A feed has told all that it will ever tell.
    func feedLost(_ reason: String) {
        state.withLock { $0.isFeedLost = true }
        let error = RedisClientError.disconnected(server: endpoints.source.description, reason: reason)
        fail(MigrationFailure(error, while: "following the changes"))
    }

    func closeLanes() async {
        let (lanes, mover) = state.withLock { state in
            defer { (state.lanes, state.mover) = ([], nil) }
            return (state.lanes, state.mover)
        }
        await withTaskGroup { group in
            if let mover { group.addTask { await mover.close() } }
            for lane in lanes { group.addTask { await lane.close() } }
        }
    }

    private var positions: [FeedPosition] {
        queue.toldPositions.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Why changes were missed; nil where none were.
    private func attachFeeds(to router: ChangeRouter, memory: Memory?) async throws(MigrationFailure) -> String? {
        guard feeds.isEmpty else { return nil }
        try FailPoint.reach(.attachFeed)
        let told = queue.toldPositions
        let last = told[0] ?? memory?.positions.first
        let feed = makeFeed()
        // What the feed tells while it is being attached must find a queue that has begun.
        if told.isEmpty, let last { queue.begin(shard: 0, at: last) }
        let attachment = try await feed.attach(to: router, from: last)
        state.withLock { $0.feeds = [feed] }
        guard !attachment.continued else { return nil }
        if last != nil { queue.forget() }
        queue.begin(shard: 0, at: attachment.position)
        return last == nil ? nil : "\(endpoints.source) no longer has the changes since they could last be followed"
    }

    private func openLanes(expiryQuery: ExpiryQuery) async throws(MigrationFailure) {
        try FailPoint.reach(.openLanes)
        do {
            let mover = try await openMover(expiryQuery, on: sideLoop)
            state.withLock { $0.mover = mover }
            for number in 0..<plan.transfer.parallel {
                let lane = try await LaneHandle.open(
                    number: number,
                    queue: queue,
                    endpoints: endpoints,
                    name: ByteString(TenantConnectionName(migrationID: plan.id, scope: plan.scope).text),
                    expiryQuery: expiryQuery,
                    bigValueBytes: mover == nil ? nil : plan.transfer.bigValueBytes,
                    loop: laneLoops[number % laneLoops.count],
                    failed: { [weak self] in self?.laneFailed($0) }
                )
                state.withLock { $0.lanes.append(lane) }
            }
        } catch {
            throw MigrationFailure(error, while: "synchronising")
        }
    }

    private func laneFailed(_ failure: LaneFailure) {
        fail(MigrationFailure(failure, source: endpoints.source.description, target: endpoints.target.description))
    }
}

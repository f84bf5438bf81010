import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// What a cutover asks of both servers beside the data: the fence, the switch, the feed of the target, the counters.
/// Its connections are its own, so that no answer waits behind a bulk copy.
final class CutoverServers: Sendable {
    let fence: any WriteFence
    private let users: [CopiedUser]
    let watch: TargetWatch
    let plan: MigrationPlan
    private let endpoints: MigrationEndpoints
    private let group: any EventLoopGroup
    let source: RedisConnection
    let target: RedisConnection
    private let targetFeed: any ChangeFeed
    private let watches: Bool
    let counters: CutoverCounters
    /// The switch, once it was tried.
    private let switching = Mutex<Task<Result<Void, MigrationFailure>, Never>?>(nil)
    /// It is known to have happened.
    private let hasSwitched = Atomic<Bool>(false)

    /// - Parameters:
    ///   - users: The users that the tool made at the target.
    ///   - notifications: What a watch of the target by notifications has changed there, and changes.
    static func open(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        options: CutoverOptions,
        users: [CopiedUser],
        notifications: NotificationRecord,
        group: any EventLoopGroup,
        watch: TargetWatch = TargetWatch()
    ) async throws(MigrationFailure) -> CutoverServers {
        // Nobody is waited for longer than the budget allows; of two that are late at once, the budget is the reason.
        let patience = TimeAmount.milliseconds(Int64(options.maxPauseMilliseconds) + 1000)
        do {
            let rights = RightsConnections(plan, on: group)
            let source = try await rights.open(to: endpoints.source, timeout: patience)
            let target = try await rights.open(to: endpoints.target, timeout: patience)
            return CutoverServers(
                plan,
                endpoints,
                options,
                users,
                notifications,
                group,
                watch,
                source: source,
                target: target
            )
        } catch {
            throw MigrationFailure(error, while: "preparing the cutover")
        }
    }

    private init(
        _ plan: MigrationPlan,
        _ endpoints: MigrationEndpoints,
        _ options: CutoverOptions,
        _ users: [CopiedUser],
        _ notifications: NotificationRecord,
        _ group: any EventLoopGroup,
        _ watch: TargetWatch,
        source: RedisConnection,
        target: RedisConnection
    ) {
        self.plan = plan
        self.endpoints = endpoints
        self.group = group
        self.watch = watch
        self.source = source
        self.target = target
        watches = options.verify != .none
        counters = CutoverCounters(source: source, target: target)
        fence = WriteFences.make(
            options.fence,
            scope: plan.scope,
            migration: plan.id,
            shards: [source],
            maxPauseMilliseconds: options.maxPauseMilliseconds
        )
        self.users = users
        targetFeed = ChangeFeeds.make(
            .auto,
            endpoint: endpoints.target,
            scope: plan.scope,
            databases: plan.databases,
            group: group,
            notifications: notifications
        )
    }

    func close() async {
        await targetFeed.detach()
        await source.close()
        await target.close()
    }

    /// Up to where the watch knows what the target has executed; nil where nobody could go on from there.
    var watchedTo: FeedPosition? { watch.isWatching ? targetFeed.position : nil }

    /// For a switch that has happened: goes on watching the target.
    ///
    /// - Parameters:
    ///   - position: Where the watch of a worker that died began, or up to where `watch` knows.
    ///   - watch: One that was lost; nil for a new one.
    static func watching(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        from position: FeedPosition,
        continuing watch: TargetWatch?,
        notifications: NotificationRecord,
        group: any EventLoopGroup
    ) async throws(MigrationFailure) -> CutoverServers {
        let options: CutoverOptions
        do {
            options = try CutoverOptions()
        } catch {
            throw MigrationFailure(.failed, "\(error)")
        }
        let servers = try await open(
            plan: plan,
            endpoints: endpoints,
            options: options,
            users: [],
            notifications: notifications,
            group: group,
            watch: TargetWatch(continuing: watch)
        )
        do throws(MigrationFailure) {
            if watch == nil { servers.watch.begin(at: [.standalone: position.offset]) }
            guard try await servers.targetFeed.attach(to: servers.watch, from: position).continued else {
                throw MigrationFailure(
                    .failed,
                    "\(endpoints.target) no longer has the changes since the switch, so the clients' own cannot be told "
                        + "apart from differences: what verify lists is yours to judge, and cleanup keeps the source's copy"
                )
            }
        } catch {
            await servers.close()
            throw error
        }
        return servers
    }

    /// What raising the fence will change, at either side.
    func prepareFence() async throws(MigrationFailure) -> FenceRecord {
        try await fence.provePossible()
        var record = try await fence.prepare()
        record.switches = users.map(\.name)
        return record
    }

    /// - Parameter seen: The source's users as they were just seen; nil where they have to be asked for.
    /// - Throws: Where a user has changed at the source since it was copied.
    func checkUsers(_ seen: [ACLUser]? = nil) async throws(MigrationFailure) {
        guard !users.isEmpty else { return }
        let check = LoginCheck(users: users, server: source.server)
        if let seen { return try check.check(seen) }
        try check.check(try await ACLAccess(source).users(named: users.map(\.name)))
    }

    // MARK: The switch

    /// Where the connection breaks, the switch may have happened, and clients may be writing already: it is asked for
    /// again, which changes nothing where it has.
    func switchTraffic() async throws(MigrationFailure) {
        let attempt = Task { () async -> Result<Void, MigrationFailure> in
            do throws(MigrationFailure) {
                try await self.makeSwitch(self.target).switchTraffic()
                return .success(())
            } catch {
                guard error.kind == .unreachable, !Task.isCancelled else { return .failure(error) }
                return await self.switchAgain(orElse: error)
            }
        }
        switching.withLock { $0 = attempt }
        try await attempt.value.get()
        hasSwitched.store(true, ordering: .relaxed)
    }

    var hasTriedSwitch: Bool { switching.withLock { $0 != nil } }

    private func switchAgain(orElse failure: MigrationFailure) async -> Result<Void, MigrationFailure> {
        let rights = RightsConnections(plan, on: group)
        guard let second = try? await rights.open(to: endpoints.target), !Task.isCancelled else {
            return .failure(failure)
        }
        do throws(MigrationFailure) {
            try await makeSwitch(second).switchTraffic()
            await second.close()
            return .success(())
        } catch {
            await second.close()
            return .failure(error)
        }
    }

    /// Takes back a switch that may have happened without its answer having come, and ends once it is known not to
    /// stand. True where it has to stay: the tenant has written at the target meanwhile, or nobody has watched whether
    /// it has.
    func revertSwitch() async throws(MigrationFailure) -> Bool {
        guard let attempt = switching.withLock({ $0 }) else { return false }
        if !watches, hasSwitched.load(ordering: .relaxed) { return true }
        attempt.cancel()
        // On the switch's own connection it cannot come before the switch.
        let first = await result(of: { () async throws(MigrationFailure) in
            try await self.makeSwitch(self.target).revert()
        })
        _ = await attempt.value
        if case .failure = first {
            try await insist(endpoints.target) { (connection) async throws(MigrationFailure) in
                try await self.makeSwitch(connection).revert()
            }
        }
        guard watches, watch.isWatching else { return false }
        try await catchUpWithTarget()
        return watch.sawWrites
    }

    /// What is left to do once traffic is switched; returns what an operator must know.
    func settle(_ record: FenceRecord) async -> [String] {
        let users = users
        let left = await SwitchSettlement(
            plan: plan,
            endpoints: endpoints,
            users: { () async throws(MigrationFailure) in users },
            group: group
        )
        .run(record)
        return left + [await changedUsers()].compactMap(\.self)
    }

    /// What came between the last look at the source's users and the switch.
    private func changedUsers() async -> String? {
        guard !users.isEmpty else { return nil }
        guard let seen = try? await ACLAccess(source).users(named: users.map(\.name)) else { return nil }
        return LoginCheck(users: users, server: source.server).changed(seen)
            .map { "\($0); do the same at \(endpoints.target)" }
    }

    /// With `--no-copy-acl` nobody is fenced off who could not write at the target either.
    func checkOperatorsUsers() async throws(MigrationFailure) {
        guard plan.userCopy == .none, fence.kind == .acl else { return }
        try await OperatorsUsers(scope: plan.scope, source: source, target: target).check()
    }

    private func makeSwitch(_ target: RedisConnection) -> any TrafficSwitch {
        users.isEmpty ? NoSwitch() : ACLSwitch(target: target, users: users)
    }

    // MARK: The target's feed

    func attachTargetFeed() async throws(MigrationFailure) {
        guard watches else { return }
        _ = try await targetFeed.attach(to: watch, from: nil)
    }

    /// From here on what the target executes of the tenant's keys is the tenant's own. Returns where that begins in its
    /// stream; nil where nobody watches.
    ///
    /// - Throws: Where somebody has emptied a database there since the feed was attached: what the tool has counted as
    ///   copied is gone.
    func beginWatchingTarget() async throws(MigrationFailure) -> FeedPosition? {
        guard watches else { return nil }
        try await catchUpWithTarget()
        let position = targetFeed.position
        if let position { watch.begin(at: [.standalone: position.offset]) }
        if let command = watch.emptiedBy {
            throw MigrationFailure(
                .failed,
                "cutover stopped: \(command) took away keys at \(endpoints.target) since the cutover began; they are "
                    + "copied there again: find out who did that, and try again when it is in live_sync"
            )
        }
        return position
    }

    /// Waits until the watch knows of everything that the target has executed.
    func catchUpWithTarget() async throws(MigrationFailure) {
        let offset = try await targetFeed.serverOffset()
        while targetFeed.offset < offset {
            if let reason = watch.lostReason {
                throw MigrationFailure(.unreachable, "the change feed of \(endpoints.target) was lost: \(reason)")
            }
            do {
                // The tenant waits.
                try await Task.sleep(for: .microseconds(100))
            } catch {
                throw MigrationFailure(.failed, "the verification was stopped")
            }
        }
    }

    // MARK: The source

    /// Which of the keys the source has lost by itself since the barrier, as far as that is certain.
    func lostAtSource(_ keys: [KeyName], _ losses: ChangeRouter.Losses) async throws(MigrationFailure) -> [Bool] {
        var isOwn = losses.deletions == 0
        // Behind a fence what the source has counted as expired or evicted is weighed against what was deleted.
        if !isOwn, fence.kind != .none, let deaths = try await counters.deaths() { isOwn = losses.deletions <= deaths }
        return keys.map { isOwn && losses.taken.contains($0.hash) }
    }

    /// Nobody where the connections cannot be listed: the leak is what matters.
    func suspects() async -> [String] {
        let suspects = LeakSuspects(scope: plan.scope, source: source)
        return ((try? await suspects.list()) ?? []).map(\.summary)
    }

    /// Lowers the fence, on a new connection where the old one is gone: this must not fail for want of one.
    func lowerFence(_ record: FenceRecord) async throws(MigrationFailure) {
        do throws(MigrationFailure) {
            try await fence.lower(record)
        } catch {
            guard error.kind == .unreachable else { throw error }
            let plan = plan
            try await insist(endpoints.source) { (connection) async throws(MigrationFailure) in
                try await WriteFences.make(record.kind, for: plan, at: connection).lower(record)
            }
        }
    }

    // MARK: Connections

    /// How long a server that does not answer is asked again, for what must not be left undone.
    private static let insistence = Duration.seconds(120)

    /// Takes the step on new connections until the server answers.
    private func insist(
        _ endpoint: RedisEndpoint,
        _ step: @escaping @Sendable (RedisConnection) async throws(MigrationFailure) -> Void
    ) async throws(MigrationFailure) {
        let end = ContinuousClock.now + Self.insistence
        while true {
            do throws(MigrationFailure) {
                return try await once(endpoint, step)
            } catch {
                guard error.kind == .unreachable, ContinuousClock.now < end else { throw error }
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func once(
        _ endpoint: RedisEndpoint,
        _ step: (RedisConnection) async throws(MigrationFailure) -> Void
    ) async throws(MigrationFailure) {
        let connection: RedisConnection
        do {
            connection = try await RightsConnections(plan, on: group).open(to: endpoint)
        } catch {
            throw MigrationFailure(error, while: "taking the cutover back")
        }
        do throws(MigrationFailure) {
            try await step(connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}

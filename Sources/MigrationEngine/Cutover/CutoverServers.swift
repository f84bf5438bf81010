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
    let watch = TargetWatch()
    private let plan: MigrationPlan
    private let endpoints: MigrationEndpoints
    private let group: any EventLoopGroup
    private let source: RedisConnection
    private let target: RedisConnection
    private let targetFeed: ReplicationFeed
    private let watches: Bool
    private let deathsAtBarrier = Mutex(0)
    private let triedSwitch = Mutex(false)

    /// - Parameter users: The users that the tool made at the target.
    static func open(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        options: CutoverOptions,
        users: [CopiedUser],
        group: any EventLoopGroup
    ) async throws(MigrationFailure) -> CutoverServers {
        // Within the pause nobody is waited for longer than the budget allows.
        let patience = TimeAmount.milliseconds(max(1000, Int64(options.maxPauseMilliseconds)))
        do {
            let source = try await RedisConnection.connect(to: endpoints.source, on: group, timeout: patience)
            let target = try await RedisConnection.connect(to: endpoints.target, on: group, timeout: patience)
            return CutoverServers(plan, endpoints, options, users, group, source: source, target: target)
        } catch {
            throw MigrationFailure(error, while: "preparing the cutover")
        }
    }

    private init(
        _ plan: MigrationPlan,
        _ endpoints: MigrationEndpoints,
        _ options: CutoverOptions,
        _ users: [CopiedUser],
        _ group: any EventLoopGroup,
        source: RedisConnection,
        target: RedisConnection
    ) {
        self.plan = plan
        self.endpoints = endpoints
        self.group = group
        self.source = source
        self.target = target
        watches = options.verify != .none
        fence = WriteFences.make(
            options.fence,
            scope: plan.scope,
            shards: [source],
            maxPauseMilliseconds: options.maxPauseMilliseconds
        )
        self.users = users
        targetFeed = ReplicationFeed(endpoint: endpoints.target, prefix: plan.scope.prefix, group: group)
    }

    func close() async {
        await targetFeed.detach()
        await source.close()
        await target.close()
    }

    // MARK: The switch

    func switchTraffic() async throws(MigrationFailure) {
        triedSwitch.withLock { $0 = true }
        try await makeSwitch(target).switchTraffic()
    }

    /// Takes back a switch that may have happened without its answer having come.
    func revertSwitch() async {
        guard triedSwitch.withLock({ $0 }) else { return }
        do {
            try await makeSwitch(target).revert()
        } catch {
            guard let second = try? await RedisConnection.connect(to: endpoints.target, on: group) else { return }
            try? await makeSwitch(second).revert()
            await second.close()
        }
    }

    private func makeSwitch(_ target: RedisConnection) -> any TrafficSwitch {
        users.isEmpty ? NoSwitch() : ACLSwitch(target: target, users: users)
    }

    // MARK: The target's feed

    func attachTargetFeed() async throws(MigrationFailure) {
        guard watches else { return }
        _ = try await targetFeed.attach(to: watch)
    }

    /// From here on what the target executes is the tenant's.
    func beginWatchingTarget() async throws(MigrationFailure) {
        guard watches else { return }
        watch.begin(at: [try await targetFeed.serverOffset()])
    }

    /// Waits until the watch knows of everything that the target has executed.
    func catchUpWithTarget() async throws(MigrationFailure) {
        let offset = try await targetFeed.serverOffset()
        while targetFeed.offset < offset {
            if let reason = watch.lostReason {
                throw MigrationFailure(.unreachable, "the change feed of \(endpoints.target) was lost: \(reason)")
            }
            do {
                try await Task.sleep(for: .milliseconds(1))
            } catch {
                throw MigrationFailure(.failed, "the verification was stopped")
            }
        }
    }

    // MARK: The source

    /// Keys that the source has expired or evicted by itself, of any tenant, since the barrier.
    func deaths() async throws(MigrationFailure) -> Int {
        try await allDeaths() - deathsAtBarrier.withLock { $0 }
    }

    func beginCountingDeaths() async throws(MigrationFailure) {
        let count = try await allDeaths()
        deathsAtBarrier.withLock { $0 = count }
    }

    private func allDeaths() async throws(MigrationFailure) -> Int {
        do {
            let info = try await source.info("stats")
            return (info.integer("expired_keys") ?? 0) + (info.integer("evicted_keys") ?? 0)
        } catch {
            throw MigrationFailure(error, while: "reading the source's counters")
        }
    }

    func suspects() async throws(MigrationFailure) -> [String] {
        try await LeakSuspects(scope: plan.scope, source: source).list().map(\.summary)
    }

    /// Lowers the fence, on a new connection where the old one is gone: this must not fail for want of one.
    func lowerFence(_ record: FenceRecord) async throws(MigrationFailure) {
        do throws(MigrationFailure) {
            try await fence.lower(record)
        } catch {
            let second = try? await RedisConnection.connect(to: endpoints.source, on: group)
            guard let second else { throw error }
            let again = WriteFences.make(record.kind, scope: plan.scope, shards: [second], maxPauseMilliseconds: 0)
            try await again.lower(record)
            await second.close()
        }
    }
}

import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// The feed of one shard where nobody may be a replica: keyspace notifications tell which keys change, the server's
/// counters what no notification tells (`SilentChanges`).
///
/// It counts markers: numbers that the server sends back on the subscribed connection, behind everything that it has
/// executed before. What happens while nobody listens is told to nobody, so this feed never continues.
package final class NotificationFeed: ChangeFeed {
    /// Writes down what will be changed at the server, before it is.
    package typealias Recorder = @Sendable (NotificationSetting) async throws(MigrationFailure) -> Void

    private struct State {
        var control: RedisConnection?
        var line: NotificationLine?
        var silent: SilentChanges?
        var looking: Task<Void, Never>?
        var setting: NotificationSetting?
    }

    private let endpoint: RedisEndpoint
    private let shard: ShardID
    private let scope: TenantScope
    private let databases: [Int]?
    private let loop: any EventLoop
    private let pulse: NotificationPulse
    private let recorded: NotificationSetting?
    private let record: Recorder
    private let session = UInt64.random(in: 1...UInt64.max)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - databases: Those to follow; nil for all of them.
    ///   - recorded: What an earlier feed of the same migration changed and did not put back.
    package init(
        endpoint: RedisEndpoint,
        shard: ShardID = .standalone,
        scope: TenantScope,
        databases: [Int]? = nil,
        group: any EventLoopGroup,
        pulse: NotificationPulse = NotificationPulse(),
        recorded: NotificationSetting? = nil,
        record: @escaping Recorder = { _ in }
    ) {
        self.endpoint = endpoint
        self.shard = shard
        self.scope = scope
        self.databases = databases
        loop = group.next()
        self.pulse = pulse
        self.recorded = recorded
        self.record = record
        state.withLock { $0.setting = recorded }
    }

    package let kind = FeedKind.notifications

    package let backlogBytes: Int? = nil
    package var position: FeedPosition? { FeedPosition(notificationMarker: offset) }
    package var offset: Int { state.withLock(\.line)?.offset ?? 0 }

    /// What this feed has changed at the server and will put back; nil where it has changed nothing.
    package var setting: NotificationSetting? { state.withLock(\.setting) }

    package func attach(
        to sink: any ChangeSink,
        from position: FeedPosition?
    ) async throws(MigrationFailure) -> FeedAttachment {
        do {
            try await open(sink)
            return FeedAttachment(position: FeedPosition(notificationMarker: offset), continued: false)
        } catch let failure as MigrationFailure {
            await detach()
            throw failure
        } catch {
            await detach()
            throw MigrationFailure(attaching: error, to: endpoint.description)
        }
    }

    package func serverOffset() async throws(MigrationFailure) -> Int {
        let (silent, line) = state.withLock { ($0.silent, $0.line) }
        try await silent?.look(isExact: true)
        guard let number = await line?.mark() else {
            throw MigrationFailure(.unreachable, "the notifications of \(endpoint) were lost; try again")
        }
        return number
    }

    package func detach() async {
        let old = state.withLock { state in
            defer { state = State() }
            return state
        }
        old.looking?.cancel()
        await old.line?.close()
        await old.silent?.close()
        if let setting = old.setting { await putBack(setting, old.control) }
        await old.control?.close()
    }
}

extension NotificationFeed {
    private func open(_ sink: any ChangeSink) async throws {
        let control = try await RedisConnection.connect(to: endpoint, on: loop)
        state.withLock { $0.control = control }
        let current = try await NotificationSwitch(control: control).current()
        let setting = try await change(from: current, control)
        let groups = ConsumerGroups()
        let line = try await NotificationLine.open(
            to: endpoint,
            scope: scope,
            databases: databases,
            shard: shard,
            channel: current.map { NotificationSwitch.channel(session: session, original: setting?.original ?? $0) },
            pulse: pulse,
            loop: loop,
            sink: sink,
            groups: groups
        )
        state.withLock { $0.line = line }
        if let setting { try await raise(setting, from: current, control) }
        let silent = SilentChanges(
            control: control,
            endpoint: endpoint,
            loop: loop,
            scope: scope,
            databases: databases,
            groups: groups,
            readsSetting: current != nil,
            tell: { await line.report($0) }
        )
        state.withLock { $0.silent = silent }
        // The first look is what later ones are compared with; it also sees whether the setting has stayed.
        try await silent.look(isExact: true)
        try await proveMarkers(line)
        keepLooking(silent, line)
    }

    /// What has to be changed; nil where everything is told already, or the setting cannot be read and so not changed.
    private func change(
        from current: String?,
        _ control: RedisConnection
    ) async throws -> NotificationSetting? {
        guard let current else { return nil }
        let others = try await NotificationSwitch(control: control).originalOfOthers(than: session)
        let original = recorded?.restored(from: current) ?? others ?? current
        let flags = NotificationFlags(current)
        let raised = flags.isSufficient ? current : flags.raised.text
        return original == raised ? nil : NotificationSetting(original: original, raised: raised)
    }

    private func raise(
        _ setting: NotificationSetting,
        from current: String?,
        _ control: RedisConnection
    ) async throws {
        if setting != recorded { try await record(setting) }
        state.withLock { $0.setting = setting }
        guard setting.raised != current else { return }
        if let line = try await NotificationSwitch(control: control).set(setting.raised) {
            throw MigrationFailure(
                .refused,
                "notifications of \(endpoint) cannot be switched on: \(line); set notify-keyspace-events "
                    + "\(setting.raised) there"
            )
        }
    }

    private func proveMarkers(_ line: NotificationLine) async throws {
        let number = await line.mark()
        for attempt in 1...5000 {
            if let number, line.offset >= number { return }
            try await Task.sleep(for: attempt < 100 ? .microseconds(200) : .milliseconds(2))
        }
        throw MigrationFailure(
            .unreachable,
            "\(endpoint) does not answer PING on a connection that has subscribed; try again"
        )
    }

    /// A feed that cannot look has lost what it would have seen.
    private func keepLooking(_ silent: SilentChanges, _ line: NotificationLine) {
        let looking = Task {
            while !Task.isCancelled {
                do {
                    try await Task.sleep(for: SilentChanges.interval)
                    try await silent.look(isExact: false)
                } catch {
                    if Task.isCancelled { return }
                    await line.end((error as? MigrationFailure)?.message ?? "\(error)")
                    return
                }
            }
        }
        state.withLock { $0.looking = looking }
    }

    private func putBack(_ setting: NotificationSetting, _ control: RedisConnection?) async {
        if let control, (try? await NotificationSwitch(control: control).restore(setting, session: session)) != nil {
            return
        }
        // The connection is gone: on a new one, or not at all. Then the record remains for whoever comes next.
        try? await NotificationSwitch.restore(setting, at: endpoint, session: session, on: loop)
    }
}

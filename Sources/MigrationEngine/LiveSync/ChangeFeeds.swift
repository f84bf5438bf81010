import MigrationCore
import NIOCore
import RedisClient
import Synchronization

/// Makes the feed of one shard of a server.
package enum ChangeFeeds {
    /// - Parameters:
    ///   - watched: The keys whose commands are told with their arguments, by a feed that has them.
    ///   - recorded: What an earlier feed of the same migration changed at the server and did not put back.
    ///   - record: Writes down what will be changed at the server, before it is.
    package static func make(
        _ preference: FeedPreference,
        endpoint: RedisEndpoint,
        shard: Int = 0,
        scope: TenantScope,
        databases: [Int]?,
        watched: WatchedKeys? = nil,
        group: any EventLoopGroup,
        recorded: NotificationSetting? = nil,
        record: @escaping NotificationFeed.Recorder = { _ in }
    ) -> any ChangeFeed {
        let replication = ReplicationFeed(
            endpoint: endpoint,
            shard: shard,
            prefix: scope.prefix,
            databases: databases,
            watched: watched,
            group: group
        )
        guard preference != .replication else { return replication }
        let notifications = NotificationFeed(
            endpoint: endpoint,
            shard: shard,
            scope: scope,
            databases: databases,
            group: group,
            recorded: recorded,
            record: record
        )
        let probe = FeedProbe(
            endpoint: endpoint,
            name: endpoint.description,
            scope: scope,
            databases: databases,
            group: group
        )
        return ChosenFeed(preference, probe, replication, notifications)
    }
}

extension ChangeFeed {
    /// What it has changed at the server and will put back; nil for a feed that changes nothing.
    package var notificationSetting: NotificationSetting? {
        (self as? NotificationFeed)?.setting ?? (self as? ChosenFeed)?.setting
    }
}

/// One of two feeds: which, the server decides when it is attached. Until then it stands for the better one.
final class ChosenFeed: ChangeFeed {
    private let preference: FeedPreference
    private let probe: FeedProbe
    private let replication: ReplicationFeed
    private let notifications: NotificationFeed
    private let choice = Mutex<FeedChoice?>(nil)

    init(
        _ preference: FeedPreference,
        _ probe: FeedProbe,
        _ replication: ReplicationFeed,
        _ notifications: NotificationFeed
    ) {
        self.preference = preference
        self.probe = probe
        self.replication = replication
        self.notifications = notifications
    }

    var kind: FeedKind { feed.kind }
    var offset: Int { feed.offset }
    var position: FeedPosition? { feed.position }
    var backlogBytes: Int? { feed.backlogBytes }
    var setting: NotificationSetting? { notifications.setting }

    var remark: String? {
        guard let choice = choice.withLock({ $0 }), choice.kind == .notifications else { return nil }
        return "\(probe.name) is followed by \(choice.reason)"
    }

    func attach(
        to sink: any ChangeSink,
        from position: FeedPosition?
    ) async throws(MigrationFailure) -> FeedAttachment {
        let findings: FeedFindings
        do {
            findings = try await probe.findings(preference)
        } catch {
            throw MigrationFailure(error, while: "choosing a change feed")
        }
        let made = try FeedChoice.make(preference, findings)
        choice.withLock { $0 = made }
        return try await feed.attach(to: sink, from: position)
    }

    func serverOffset() async throws(MigrationFailure) -> Int { try await feed.serverOffset() }

    /// Also where nothing was attached: an earlier feed's change may have to be put back.
    func detach() async {
        await replication.detach()
        await notifications.detach()
    }

    private var feed: any ChangeFeed {
        choice.withLock { $0?.kind } == .notifications ? notifications : replication
    }
}

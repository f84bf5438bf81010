import MigrationCore
import NIOCore
import RedisClient
import Synchronization

/// What feeds by notifications have changed at a server, and who writes down what they change.
package struct NotificationRecord: Sendable {
    /// What an earlier feed of the same migration changed at the server and did not put back.
    var known: NotificationSetting?
    /// Writes down what will be changed at the server, before it is.
    var write: NotificationFeed.Recorder = { _ in }
}

/// Makes the feed of one shard of a server.
package enum ChangeFeeds {
    /// - Parameters:
    ///   - watched: The keys whose commands are told with their arguments, by a feed that has them.
    package static func make(
        _ preference: FeedPreference,
        endpoint: RedisEndpoint,
        shard: ShardID = .standalone,
        scope: TenantScope,
        databases: [Int]?,
        watched: WatchedKeys? = nil,
        group: any EventLoopGroup,
        notifications record: NotificationRecord = NotificationRecord()
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
            recorded: record.known,
            record: record.write
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

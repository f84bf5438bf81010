import MigrationCore
import Synchronization

// The feed of the source: which one, and what outlives it.
extension Synchronizer {
    /// A feed for one attachment. What an earlier one has changed at the source, and perhaps could not put back because
    /// the source was gone, the next one knows.
    func makeFeed() -> any ChangeFeed {
        ChangeFeeds.make(
            plan.feed,
            endpoint: endpoints.source,
            scope: plan.scope,
            databases: plan.databases,
            watched: queue.watchedKeys,
            group: sideLoop,
            notifications: NotificationRecord(known: state.withLock(\.notifications)) {
                [weak self] setting async throws(MigrationFailure) in
                let name = SourceSettings.notifications
                let record = ServerSetting(name: name, original: setting.original, raised: setting.raised)
                try await self?.state.withLock(\.noteSetting)?(record)
                self?.state.withLock { $0.notifications = setting }
            }
        )
    }

    /// What an earlier worker has changed at the source.
    func remember(_ settings: [ServerSetting]) {
        guard let setting = settings.first(where: { $0.isThe(SourceSettings.notifications, of: .source) }) else {
            return
        }
        state.withLock {
            $0.notifications = NotificationSetting(original: setting.original, raised: setting.raised)
        }
    }

    /// Who writes down what is changed at the source.
    func noteSettings(_ note: @escaping @Sendable (ServerSetting) async throws(MigrationFailure) -> Void) {
        state.withLock { $0.noteSetting = note }
    }

    /// At the end: also where the last feed was lost, and with it the way to put its change back.
    func putNotificationsBack() async {
        guard let setting = state.withLock(\.notifications) else { return }
        try? await NotificationSwitch.restore(setting, at: endpoints.source, on: sideLoop)
    }

    /// What each feed has told by now. One that does not count bytes has told more since its newest marker, so it is
    /// given another one.
    func knownOffsets() async throws(MigrationFailure) -> ShardOffsets {
        var offsets = ShardOffsets()
        for (shard, feed) in feeds.sorted {
            offsets[shard] = feed.tellsBytes ? feed.offset : try await feed.serverOffset()
        }
        return offsets
    }
}

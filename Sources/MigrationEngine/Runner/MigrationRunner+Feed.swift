import FoundationEssentials
import Logging
import MigrationCore
import RESP
import RedisClient

// The feed, and the settings of the servers that are changed for a migration's time.
extension MigrationRunner {
    /// Which feed it is, for the status, and what an operator should know about it, for the log.
    func noteFeed() {
        progress.feed = synchronizer.feeds.sorted.first?.value.kind
        for remark in synchronizer.feeds.sorted.compactMap(\.value.remark) {
            logger.notice("change feed", metadata: ["remark": "\(remark)"])
        }
    }

    /// Written down before the setting is changed.
    func noteRaised(_ setting: ServerSetting) throws(MigrationFailure) {
        guard !raisedSettings.contains(setting) else { return }
        // What was there before the first change counts, whoever changed it again.
        var setting = setting
        let earlier = raisedSettings.first { $0.isThe(setting.name, of: setting.side) }
        setting.original = earlier?.original ?? setting.original
        try record(.settingRaised(setting))
        raisedSettings.removeAll { $0.isThe(setting.name, of: setting.side) }
        raisedSettings.append(setting)
    }

    /// What a watch of the target by notifications changes there.
    var targetNotifications: NotificationRecord {
        let name = SourceSettings.notifications
        let known = raisedSettings.first { $0.isThe(name, of: .target) }
        return NotificationRecord(known: known.map { NotificationSetting(original: $0.original, raised: $0.raised) }) {
            [weak self] setting async throws(MigrationFailure) in
            try await self?.noteRaised(
                ServerSetting(name: name, original: setting.original, raised: setting.raised, side: .target)
            )
        }
    }

    /// Makes the source keep more of its stream, so that a longer interruption needs no new copy.
    func growBacklog() async throws(MigrationFailure) {
        guard let wanted = plan.backlogBytes else { return }
        let name = SourceSettings.backlog
        let settings = SourceSettings(endpoint: endpoints.source, group: group)
        guard let now = try await settings.value(of: name).flatMap({ Int($0) }), now < wanted else { return }
        try noteRaised(ServerSetting(name: name, original: "\(now)", raised: "\(wanted)"))
        try await settings.set(name, to: "\(wanted)")
    }

    /// At the end of a migration. What cannot be put back is said; the journal keeps what it was.
    func restoreSettings() async {
        for setting in raisedSettings {
            let endpoint = setting.side == .target ? endpoints.target : endpoints.source
            do throws(MigrationFailure) {
                if setting.name == SourceSettings.notifications {
                    let notifications = NotificationSetting(original: setting.original, raised: setting.raised)
                    try await NotificationSwitch.restore(notifications, at: endpoint, on: group)
                } else {
                    try await SourceSettings(endpoint: endpoint, group: group).restore(setting)
                }
                try record(.settingRestored(name: setting.name, side: setting.side))
                raisedSettings.removeAll { $0.isThe(setting.name, of: setting.side) }
            } catch {
                logger.error("a setting was not put back", metadata: ["reason": "\(error.message)"])
            }
        }
    }

    private func record(_ event: MigrationEvent) throws(MigrationFailure) {
        do throws(JournalError) {
            try journal.append(event, at: Date())
        } catch {
            throw error.failure
        }
    }
}

import MigrationCore

/// What a server was found to allow.
struct FeedFindings: Equatable, Sendable {
    enum Replication: Equatable, Sendable {
        /// What it costs the server.
        case possible(String)
        /// Who refuses what, and what would change it.
        case refused(String)
    }

    enum Notifications: Equatable, Sendable {
        case notAsked
        /// What has to be changed for it; nil where everything is told already.
        case possible(NotificationSetting?)
        case refused(String)
    }

    var replication: Replication
    var notifications = Notifications.notAsked
}

/// The feed for a server, and why it is this one.
struct FeedChoice: Equatable, Sendable {
    let kind: FeedKind
    /// For people.
    let reason: String
    /// Another feed, the better one, was not possible.
    let isFallback: Bool

    static func make(
        _ preference: FeedPreference,
        _ findings: FeedFindings
    ) throws(MigrationFailure) -> FeedChoice {
        switch (preference, findings.replication, findings.notifications) {
        case (.auto, .possible(let how), _), (.replication, .possible(let how), _):
            return FeedChoice(kind: .replication, reason: how, isFallback: false)
        case (.replication, .refused(let why), _):
            throw MigrationFailure(.refused, why)
        case (.auto, .refused(let why), .possible(let setting)):
            return FeedChoice(kind: .notifications, reason: "\(words(setting)) (\(why))", isFallback: true)
        case (.notifications, _, .possible(let setting)):
            return FeedChoice(kind: .notifications, reason: words(setting), isFallback: false)
        case (.auto, .refused(let why), .refused(let other)):
            throw MigrationFailure(.refused, "\(why); or let keyspace notifications do: \(other)")
        case (.notifications, _, .refused(let why)):
            throw MigrationFailure(.refused, why)
        case (.auto, .refused(let why), .notAsked):
            throw MigrationFailure(.refused, why)
        case (.notifications, _, .notAsked):
            throw MigrationFailure(.failed, "the server was not asked for keyspace notifications")
        }
    }

    private static func words(_ setting: NotificationSetting?) -> String {
        let change =
            setting.map {
                ", notify-keyspace-events is set from '\($0.original)' to '\($0.raised)' and put back at the end"
            } ?? ""
        return "keyspace notifications: lag_bytes is unknown, a lost subscription means a new scan\(change)"
    }
}

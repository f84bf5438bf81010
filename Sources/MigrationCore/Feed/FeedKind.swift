/// What tells the tool which keys change at a server.
package enum FeedKind: String, Codable, CaseIterable, Sendable {
    /// The stream of commands that replicas get.
    case replication
    /// `notify-keyspace-events`, for servers that let nobody be a replica.
    case notifications
}

/// Which of them was asked for.
package enum FeedPreference: String, Codable, CaseIterable, Sendable {
    /// Replication where the server allows it, else notifications.
    case auto
    case replication
    case notifications
}

extension KeyedDecodingContainer {
    /// A plan that was written down before there was a choice is one that left it open.
    package func decode(_ type: FeedPreference.Type, forKey key: Key) throws -> FeedPreference {
        try decodeIfPresent(type, forKey: key) ?? .auto
    }
}

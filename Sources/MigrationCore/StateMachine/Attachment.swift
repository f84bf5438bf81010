/// The `run_id` of INFO of either server: a restart or a failover gives it a new one.
package struct ServerIdentities: Codable, Equatable, Sendable {
    package var source: String
    package var target: String

    package init(source: String, target: String) {
        self.source = source
        self.target = target
    }
}

/// Feeds and lanes are open: from here on nothing that changes is missed.
package struct Attachment: Codable, Equatable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case positions, servers, owed, gap
        case keysBefore = "keys_before"
        case beganFenced = "began_fenced"
    }

    /// Where the feeds stand.
    package var positions: ShardPositions
    package var servers: ServerIdentities
    /// What the time without feeds or lanes has left to do; nil where nothing was missed.
    package var owed: SyncExtent?
    /// Why something is owed, in words for people.
    package var gap: String?
    /// Keys that the source was known to have; set where changes were missed and it was restarted, or another took its
    /// place.
    package var keysBefore: Int?
    /// The first attachment of a migration whose source was fenced before it began; else nil.
    package var beganFenced: Bool?

    package init(
        positions: ShardPositions,
        servers: ServerIdentities,
        owed: SyncExtent? = nil,
        gap: String? = nil,
        keysBefore: Int? = nil
    ) {
        self.positions = positions
        self.servers = servers
        self.owed = owed
        self.gap = gap
        self.keysBefore = keysBefore
    }
}

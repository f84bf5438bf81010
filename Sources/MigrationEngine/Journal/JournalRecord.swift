import FoundationEssentials
import MigrationCore

/// One line of events.jsonl.
package struct JournalRecord: Codable, Equatable, Sendable {
    package static let version = 1

    package var version: Int
    package var at: Date
    package var event: MigrationEvent

    package init(_ event: MigrationEvent, at: Date) {
        self.version = Self.version
        self.at = at
        self.event = event
    }
}

/// What heads every record of whatever version: read first, so that a newer one is refused and not called damaged.
struct JournalVersion: Decodable {
    var version: Int
}

/// The whole of state.json: what is true now, and where the feeds can be taken up again.
package struct JournalState: Codable, Equatable, Sendable {
    package static let version = 1

    package private(set) var version: Int
    package var status: MigrationStatus
    /// Safe positions; empty before the feeds are attached.
    package var positions: ShardPositions
    /// Who the servers were when they were last connected to.
    package var servers: ServerIdentities?
    /// How far the last cutover has come.
    package var cutover: CutoverTrace
    /// Until when the source's backlog should have everything behind the positions; nil where that is not known.
    package var backlogEnd: Date?

    private enum CodingKeys: String, CodingKey {
        case version, status, positions, servers, cutover
        case backlogEnd = "backlog_end"
    }

    package init(
        status: MigrationStatus,
        positions: ShardPositions = [:],
        servers: ServerIdentities? = nil,
        cutover: CutoverTrace = CutoverTrace()
    ) {
        self.version = Self.version
        self.status = status
        self.positions = positions
        self.servers = servers
        self.cutover = cutover
    }

    /// The source's fence while it may be up and is to be lowered by whoever finds no worker. Nil again when it is
    /// down, and after the switch: from then on the source stays fenced.
    package var fence: FenceRecord? { cutover.fence }
}

/// A stream as `XINFO STREAM key FULL COUNT 0` tells it, without what reading itself changes (idle and seen times).
package struct StreamState: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package let id: Bytes
        package let fields: [Bytes]
    }

    package struct Pending: Equatable, Sendable {
        package let id: Bytes
        package let consumer: Bytes
        /// Milliseconds since 1970.
        package let deliveredAt: Int
        package let deliveries: Int
    }

    package struct Group: Equatable, Sendable {
        package var lastDelivered: Bytes
        /// Nil when the server does not know it (6.2, or after an id was set by hand).
        package var entriesRead: Int?
        /// Counted by the server from the rest; not every version counts alike.
        package var lag: Int?
        package var pending: [Pending]
        package var consumers: Set<Bytes>
    }

    package var entries: [Entry]
    package var lastGenerated: Bytes
    /// Nil from servers before 7.0, which do not keep it; so is `entriesAdded`.
    package var maxDeleted: Bytes?
    package var entriesAdded: Int?
    package var firstRecorded: Bytes?
    package var groups: [Bytes: Group]

    package init?(_ reply: Reply) {
        guard let last = reply[field: "last-generated-id"]?.bytes, let entries = reply[field: "entries"]?.array else {
            return nil
        }
        self.entries = entries.compactMap(Entry.init)
        lastGenerated = last
        maxDeleted = reply[field: "max-deleted-entry-id"]?.bytes
        entriesAdded = reply[field: "entries-added"]?.integer
        firstRecorded = reply[field: "recorded-first-entry-id"]?.bytes
        groups = [:]
        for group in reply[field: "groups"]?.array ?? [] {
            guard let name = group[field: "name"]?.bytes else { return nil }
            groups[name] = Group(group)
        }
    }

    /// This state without consumers that have nothing pending: a server makes one for a client that reads and finds
    /// nothing, and tells nobody, its replicas neither.
    package var withoutIdleConsumers: StreamState {
        var state = self
        for (name, group) in groups { state.groups[name]?.consumers = Set(group.pending.map(\.consumer)) }
        return state
    }

    /// This state without what the other side's server does not keep, so that versions can be compared.
    package func reduced(to other: StreamState) -> StreamState {
        guard other.maxDeleted == nil else { return self }
        var reduced = self
        reduced.maxDeleted = nil
        reduced.entriesAdded = nil
        reduced.firstRecorded = nil
        for name in groups.keys {
            reduced.groups[name]?.entriesRead = nil
            reduced.groups[name]?.lag = nil
        }
        return reduced
    }
}

extension StreamState.Entry {
    init?(_ reply: Reply) {
        guard let parts = reply.array, parts.count == 2, let id = parts[0].bytes else { return nil }
        self.id = id
        fields = parts[1].array?.compactMap(\.bytes) ?? []
    }
}

extension StreamState.Group {
    init(_ reply: Reply) {
        lastDelivered = reply[field: "last-delivered-id"]?.bytes ?? []
        entriesRead = reply[field: "entries-read"]?.integer
        lag = reply[field: "lag"]?.integer
        let pending = reply[field: "pel"]?.array ?? reply[field: "pending"]?.array ?? []
        self.pending = pending.compactMap(StreamState.Pending.init)
        consumers = Set((reply[field: "consumers"]?.array ?? []).compactMap { $0[field: "name"]?.bytes })
    }
}

extension StreamState.Pending {
    init?(_ reply: Reply) {
        guard let parts = reply.array, parts.count == 4, let id = parts[0].bytes, let consumer = parts[1].bytes,
            let time = parts[2].integer, let count = parts[3].integer
        else { return nil }
        self.id = id
        self.consumer = consumer
        deliveredAt = time
        deliveries = count
    }
}

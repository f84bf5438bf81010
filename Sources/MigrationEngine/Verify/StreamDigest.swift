import MigrationCore
import RESP

/// Digests a stream: its entries page by page, then its ids, groups and pending entries with their consumers. Left out is
/// what a server changes without telling its replicas: when a consumer was last seen, and consumers that have nothing
/// pending, which it makes for a client that reads and finds nothing.
struct StreamDigest {
    private var entries = ValueHasher()
    private var count = 0

    /// One entry as XRANGE tells it: its id, then its fields and values.
    mutating func take(_ page: [RESPValue]) -> Bool {
        for entry in page {
            guard let pair = entry.elements, pair.count == 2, let id = pair[0].bytes, let fields = pair[1].elements
            else { return false }
            entries.add(id)
            entries.add(fields.count)
            for field in fields {
                guard let bytes = field.bytes else { return false }
                entries.add(bytes)
            }
            count += 1
        }
        return true
    }

    /// The summary of all entries taken, and of `groups`.
    ///
    /// - Parameter info: The reply to XINFO STREAM, FULL or not. The two numbers that 7.0 added are compared where both
    ///   sides have them.
    func summary(info: RESPValue, groups: [Group]) -> ValueSummary? {
        guard let last = info["last-generated-id"]?.text else { return nil }
        var parts = [
            ValueSummary.Part("entries", shown: "\(count)", digest: entries.digest()),
            ValueSummary.Part("last id", shown: last),
        ]
        for (field, name) in [("max-deleted-entry-id", "max deleted id"), ("entries-added", "entries added")] {
            guard let value = info[field]?.text else { continue }
            parts.append(ValueSummary.Part(name, shown: value, isOptional: true))
        }
        return ValueSummary(type: "stream", parts: parts + groups.flatMap(\.parts))
    }

    /// A consumer group.
    struct Group {
        private let title: String
        private let last: String
        /// Nil where the server does not keep it, or has lost count: a replica knows none of its primary's, and a restart
        /// from an append-only file forgets them (Redis 7.0 t_stream.c, aof.c), so that is no difference of the copy.
        private let entriesRead: String?
        private var pending = ValueHasher()
        private var pendingCount = 0

        /// - Parameter info: The group in the reply to XINFO GROUPS or XINFO STREAM FULL.
        init?(_ info: RESPValue) {
            guard let name = info["name"]?.bytes, let last = info["last-delivered-id"]?.text else { return nil }
            self.title = "group \(name)"
            self.last = last
            self.entriesRead = info["entries-read"]?.text
        }

        /// - Parameter deliveredAt: Unix milliseconds.
        mutating func takePending(id: ByteString, consumer: ByteString, deliveredAt: Int, deliveries: Int) {
            pending.add(id)
            pending.add(consumer)
            pending.add(deliveredAt)
            pending.add(deliveries)
            pendingCount += 1
        }

        var parts: [ValueSummary.Part] {
            var parts = [
                ValueSummary.Part(title),
                ValueSummary.Part("\(title): last delivered id", shown: last),
                ValueSummary.Part("\(title): pending entries", shown: "\(pendingCount)", digest: pending.digest()),
            ]
            if let entriesRead {
                parts.append(ValueSummary.Part("\(title): entries read", shown: entriesRead, isOptional: true))
            }
            return parts
        }
    }
}

extension StreamDigest {
    /// The summary of a stream that was told whole, by XINFO STREAM FULL COUNT 0.
    static func summary(full info: RESPValue) -> ValueSummary? {
        var digest = StreamDigest()
        guard let entries = info["entries"]?.elements, let list = info["groups"]?.elements, digest.take(entries)
        else { return nil }
        var groups: [Group] = []
        for item in list {
            guard var group = Group(item), group.take(pending: item) else { return nil }
            groups.append(group)
        }
        return digest.summary(info: info, groups: groups)
    }
}

extension StreamDigest.Group {
    /// The group's own list of pending entries: id, consumer, delivery time, deliveries. Its name differs by version.
    fileprivate mutating func take(pending info: RESPValue) -> Bool {
        guard let list = (info["pending"] ?? info["pel"])?.elements else { return false }
        for entry in list {
            guard let parts = entry.elements, parts.count == 4, let id = parts[0].bytes,
                let consumer = parts[1].bytes, let time = parts[2].integer, let count = parts[3].integer
            else { return false }
            takePending(id: id, consumer: consumer, deliveredAt: time, deliveries: count)
        }
        return true
    }
}

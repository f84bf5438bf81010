import Glibc

/// A key that is not the same on both sides.
package struct KeyDifference: Sendable, CustomStringConvertible {
    package let database: Int
    package let key: Bytes
    package let reason: String

    package var description: String { "db\(database) \(key.printable): \(reason)" }
}

/// Compares every key of some prefixes on two servers, both ways, by logical value and absolute expiry.
/// Meant for servers at rest; a key that expires while it is compared is no difference.
package struct KeyspaceComparison: Sendable {
    package var source: Endpoint
    package var target: Endpoint
    package var prefixes: [Bytes]
    /// Keys that start with one of these are left out.
    package var exceptions: [Bytes] = []
    package var databases = Array(0..<16)
    /// Consumers of streams that have nothing pending count, too.
    package var countsIdleConsumers = true
    /// The comparison ends when it has found this many differences.
    package var limit = 1000

    package init(source: Endpoint, target: Endpoint, prefixes: [Bytes]) {
        self.source = source
        self.target = target
        self.prefixes = prefixes
    }

    package init(_ source: RedisServer, _ target: RedisServer, tenant: String) {
        self.init(source: source.endpoint, target: target.endpoint, prefixes: [TenantSeed.prefix(of: tenant)])
    }

    /// The differences, blocking the thread; empty when both sides are the same.
    package func differences() throws -> [KeyDifference] { try run().differences }

    /// The differences and how many keys were compared.
    package func run() throws -> (compared: Int, differences: [KeyDifference]) {
        var found: [KeyDifference] = []
        var compared = 0
        for database in databases {
            let left = try RESPSocket(source, database: database)
            let right = try RESPSocket(target, database: database)
            let keys = try Set(Self.keys(prefixes, left)).union(Self.keys(prefixes, right))
            let list = Array(keys).filter { key in !exceptions.contains { key.starts(with: $0) } }
            compared += list.count
            for start in stride(from: 0, to: list.count, by: 500) where found.count < limit {
                let batch = Array(list[start..<min(start + 500, list.count)])
                found += try differences(batch, database, left, right)
            }
        }
        return (compared, Array(found.prefix(limit)))
    }

    /// All keys of the socket's database that start with one of the prefixes.
    package static func keys(_ prefixes: [Bytes], _ socket: RESPSocket) throws -> [Bytes] {
        var keys: [Bytes] = []
        for prefix in prefixes {
            var cursor = "0"
            repeat {
                let reply = try socket.call(
                    "SCAN",
                    cursor,
                    "MATCH",
                    prefix.globEscaped + [UInt8(ascii: "*")],
                    "COUNT",
                    1000
                )
                guard let parts = reply.array, parts.count == 2, let next = parts[0].text else {
                    throw RESPSocketError.malformed("SCAN")
                }
                cursor = next
                keys += (parts[1].array ?? []).compactMap(\.bytes).filter { $0.starts(with: prefix) }
            } while cursor != "0"
        }
        return keys
    }

    private func differences(
        _ keys: [Bytes],
        _ database: Int,
        _ left: RESPSocket,
        _ right: RESPSocket
    ) throws -> [KeyDifference] {
        var suspects = try unequalDumps(keys, left, right)
        var reasons: [String] = []
        // A key that expired between the two reads is gone on both sides the next time.
        for attempt in 0..<3 where !suspects.isEmpty {
            if attempt > 0 { usleep(20_000) }
            let judged = try zip(suspects, judge(suspects, left, right)).filter { $1 != nil }
            suspects = judged.map(\.0)
            reasons = judged.compactMap(\.1)
        }
        return zip(suspects, reasons).map { KeyDifference(database: database, key: $0, reason: $1) }
    }

    /// The fast path: keys whose expiry or whose DUMP (without version and checksum) is not the same.
    private func unequalDumps(_ keys: [Bytes], _ left: RESPSocket, _ right: RESPSocket) throws -> [Bytes] {
        var request = RequestBuffer()
        for key in keys { request.append("DUMP", key) }
        try left.send(request.bytes)
        try right.send(request.bytes)
        var suspects = Set<Bytes>()
        for key in keys {
            let dumps = (try left.receive(), try right.receive())
            if dumps.0.bytes?.dropLast(10) != dumps.1.bytes?.dropLast(10) { suspects.insert(key) }
        }
        let expiries = (try Expiry.read(keys, left), try Expiry.read(keys, right))
        for (index, key) in keys.enumerated() where expiries.0[index] != expiries.1[index] { suspects.insert(key) }
        return Array(suspects)
    }

    /// For each key the reason why it differs, nil when it does not.
    private func judge(_ keys: [Bytes], _ left: RESPSocket, _ right: RESPSocket) throws -> [String?] {
        var values = (try LogicalValue.read(keys, left), try LogicalValue.read(keys, right))
        if !countsIdleConsumers {
            values = (values.0.map(\.withoutIdleConsumers), values.1.map(\.withoutIdleConsumers))
        }
        let expiries = (try Expiry.read(keys, left), try Expiry.read(keys, right))
        return keys.indices.map { index in
            LogicalValue.difference(values.0[index], values.1[index])
                ?? (expiries.0[index] == expiries.1[index]
                    ? nil : "expiry \(expiries.0[index]) at the source, \(expiries.1[index]) at the target")
        }
    }
}

import MigrationCore
import RESP
import RedisClient

/// Finds some of the tenant's keys without reading the whole server: a SCAN may start at any cursor, and looks at about
/// COUNT names, so the share of the tenant's among them tells how many there are.
struct KeySampler {
    /// A database of up to this many keys is looked at whole.
    private static let smallDatabase = 50_000
    private static let count = 1000
    /// Random places looked at in one go, and how often.
    private static let placesAtOnce = 8
    private static let rounds = 8
    /// How long a search for a rare tenant may take.
    private static let patience = Duration.seconds(5)

    let context: ValidationContext
    let server: ValidatedServer
    let most: Int

    func run() async throws(RedisClientError) -> [KeySample] {
        var samples: [KeySample] = []
        for database in server.databases(of: context.plan) {
            try await connection.call("SELECT", ByteString(database.number))
            var sample = KeySample(database: database.number, keys: database.keys)
            let start = ContinuousClock.now
            try await scan(&sample)
            sample.scanSeconds = (ContinuousClock.now - start).milliseconds / 1000
            try await measure(&sample)
            samples.append(sample)
        }
        try await connection.call("SELECT", "0")
        return samples
    }

    private var connection: RedisConnection { server.connection }

    private func scan(_ sample: inout KeySample) async throws(RedisClientError) {
        if sample.databaseKeys > Self.smallDatabase {
            try await scanRandomPlaces(&sample)
            guard sample.keys.isEmpty else { return }
        }
        try await scanInOrder(&sample)
    }

    private func scanRandomPlaces(_ sample: inout KeySample) async throws(RedisClientError) {
        var found: Set<ByteString> = []
        var hits = 0
        for _ in 0..<Self.rounds where found.count < most {
            let pages = (0..<Self.placesAtOnce).map { _ in page(at: ByteString(UInt64.random(in: 0..<1 << 48))) }
            for reply in try await connection.pipeline(pages) {
                let keys = tenantKeys(reply)
                found.formUnion(keys)
                hits += keys.count
                sample.scanned += Self.count
            }
        }
        // Places may overlap, so what was met twice counts twice.
        let share = Double(hits) / Double(sample.scanned)
        sample.estimate = min(Int(share * Double(sample.databaseKeys)), sample.databaseKeys)
        sample.keys = found.prefix(most).map { KeySample.Key(name: $0) }
    }

    /// The whole database if it is small; else until the first page with a key of the tenant, or for `patience`.
    private func scanInOrder(_ sample: inout KeySample) async throws(RedisClientError) {
        let whole = sample.databaseKeys <= Self.smallDatabase
        let start = ContinuousClock.now
        var cursor: ByteString = "0"
        repeat {
            let reply = try await connection.call(page(at: cursor))
            guard let next = reply.elements?.first?.bytes else {
                throw .unexpectedReply(server: connection.server, command: "SCAN")
            }
            cursor = next
            sample.scanned += Self.count
            for key in tenantKeys(reply) { take(key, into: &sample) }
            if !whole, !sample.keys.isEmpty { return }
            if ContinuousClock.now - start > Self.patience {
                sample.isComplete = false
                return
            }
        } while cursor != "0"
        sample.scanned = max(sample.databaseKeys, 1)
        sample.isExact = true
    }

    /// Keeps each key met with the same chance (reservoir sampling).
    private func take(_ key: ByteString, into sample: inout KeySample) {
        sample.estimate += 1
        if sample.keys.count < most {
            sample.keys.append(KeySample.Key(name: key))
        } else {
            let place = Int.random(in: 0..<sample.estimate)
            if place < most { sample.keys[place] = KeySample.Key(name: key) }
        }
    }

    private func measure(_ sample: inout KeySample) async throws(RedisClientError) {
        let commands = sample.keys.flatMap {
            [RedisCommand("TYPE", $0.name), RedisCommand("MEMORY", "USAGE", $0.name)]
        }
        let replies = try await connection.pipeline(commands)
        for index in sample.keys.indices {
            sample.keys[index].type = replies[2 * index].text ?? ""
            sample.keys[index].bytes = replies[2 * index + 1].integer
        }
        // A key that died between the two commands has neither.
        sample.keys.removeAll { $0.type == "none" }
    }

    private func page(at cursor: ByteString) -> RedisCommand {
        RedisCommand("SCAN", cursor, "MATCH", context.scope.pattern, "COUNT", ByteString(Self.count))
    }

    /// A glob may match more than the prefix means to, so the bytes are looked at again.
    private func tenantKeys(_ reply: RESPValue) -> [ByteString] {
        guard let parts = reply.elements, parts.count == 2 else { return [] }
        return (parts[1].elements ?? []).compactMap(\.bytes).filter(context.scope.contains)
    }
}

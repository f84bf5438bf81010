import MigrationTestSupport

/// A tenant of strings of 100 bytes, and the commands that are the least its move can cost.
struct StringTenant {
    static let name = "acme-corp"
    private static let scanCount = 1000

    let keys: Int
    /// `SET key value` for every key.
    let writes: Bytes
    private let prefix = TenantSeed.prefix(of: Self.name)

    init(keys: Int) {
        self.keys = keys
        var random = SplitMix64(seed: 42)
        var request = RequestBuffer()
        let set = Bytes("SET".utf8)
        for index in 0..<keys {
            request.append([set, prefix + Bytes("user:\(10_000_000 + index)".utf8), random.bytes(100)])
        }
        writes = request.bytes
    }

    /// Fills a server with the tenant and, in the shape of twenty others, `others` keys more.
    func fill(_ server: RedisServer, others: Int) throws {
        _ = try Blast(server.endpoint).run(writes)
        let socket = try server.connect(timeout: 120)
        for index in 0..<20 where others > 0 {
            try socket.call("DEBUG", "POPULATE", others / 20, "__tenant:other-\(index):user", 100)
        }
    }

    /// The commands that read the tenant, in the order in which a scan finds its keys: only the SCANs, and the SCANs
    /// with MGET for each batch and, where a key of the database has an expiry, PEXPIRETIME for each key. The server
    /// must not change in between.
    func reads(_ server: RedisServer, expiring: Bool) throws -> (scan: Bytes, all: Bytes) {
        let socket = try server.connect()
        var scan = RequestBuffer()
        var all = RequestBuffer()
        var batch: [Bytes] = []
        var cursor = "0"
        repeat {
            let command = Self.scan(cursor, prefix)
            scan.append(command)
            all.append(command)
            let parts = try socket.call(command).array ?? []
            cursor = parts.first?.text ?? "0"
            batch += (parts.last?.array ?? []).compactMap(\.bytes)
            if batch.count >= Self.scanCount || cursor == "0" { Self.read(&batch, &all, expiring) }
        } while cursor != "0"
        return (scan.bytes, all.bytes)
    }

    private static func scan(_ cursor: String, _ prefix: Bytes) -> [Bytes] {
        let pattern = prefix.globEscaped + Bytes("*".utf8)
        return [
            Bytes("SCAN".utf8), Bytes(cursor.utf8), Bytes("MATCH".utf8), pattern, Bytes("COUNT".utf8),
            scanCount.argumentBytes,
        ]
    }

    private static func read(_ batch: inout [Bytes], _ request: inout RequestBuffer, _ expiring: Bool) {
        let expiry = Bytes("PEXPIRETIME".utf8)
        for key in batch where expiring { request.append([expiry, key]) }
        if !batch.isEmpty { request.append([Bytes("MGET".utf8)] + batch) }
        batch.removeAll()
    }
}

/// A number for all keys, values and expiries of a prefix on one server, independent of their order: equal before and
/// after means untouched. Keys with short expiries do not belong into it.
package struct KeyspaceDigest: Equatable, Sendable {
    package private(set) var keys = 0
    package private(set) var sum: UInt64 = 0

    /// Reads every key, blocking the thread.
    package init(_ endpoint: Endpoint, prefixes: [Bytes], databases: [Int] = Array(0..<16)) throws {
        for database in databases {
            let socket = try RESPSocket(endpoint, database: database)
            let names = try Array(Set(KeyspaceComparison.keys(prefixes, socket)))
            for start in stride(from: 0, to: names.count, by: 500) {
                try add(Array(names[start..<min(start + 500, names.count)]), database, socket)
            }
        }
    }

    package init(_ server: RedisServer, tenants: [String]) throws {
        try self.init(server.endpoint, prefixes: tenants.map(TenantSeed.prefix(of:)))
    }

    private mutating func add(_ names: [Bytes], _ database: Int, _ socket: RESPSocket) throws {
        var request = RequestBuffer()
        for name in names { request.append("DUMP", name) }
        let dumps = try socket.pipeline(request)
        let expiries = try Expiry.read(names, socket)
        for (index, name) in names.enumerated() {
            // The last eight bytes of a DUMP are the CRC64 of the rest.
            let parts = Bytes("\(database) \(expiries[index]) ".utf8) + name + (dumps[index].bytes ?? []).suffix(8)
            sum &+= Self.fnv1a(parts)
            keys += 1
        }
    }

    private static func fnv1a(_ bytes: Bytes) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

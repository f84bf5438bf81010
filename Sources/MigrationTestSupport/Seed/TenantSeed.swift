/// Fills a server with a tenant: keys of every type, awkward ones included, some with expiries, over several
/// databases. The same values give the same keys every time (only the expiries count from now).
package struct TenantSeed: Sendable {
    package var tenant: String
    package var keys: Int
    package var seed: UInt64 = 1
    /// The keys are dealt to these in turn.
    package var databases: [Int] = [0]
    /// One key in `n` gets an expiry of hours to months; nil for none.
    package var longExpiryEvery: Int? = 5
    /// One key in `n` expires within `shortExpiry`; nil for none.
    package var shortExpiryEvery: Int?
    /// In milliseconds from now.
    package var shortExpiry = 1_000...10_000

    package init(tenant: String, keys: Int) {
        self.tenant = tenant
        self.keys = keys
    }

    package var prefix: Bytes { Self.prefix(of: tenant) }

    package static func prefix(of tenant: String) -> Bytes { Bytes("__tenant:\(tenant):".utf8) }

    /// Names that a careless pattern would take for `tenant`.
    package static func neighbours(of tenant: String) -> [String] {
        [String(tenant.dropLast()), tenant + "-corp", tenant + "x", "x" + tenant, tenant.uppercased()]
    }

    /// Writes all keys, pipelined, blocking the thread. Errors of the server are thrown.
    package func write(to endpoint: Endpoint) throws {
        let dialect = try SeedDialect(endpoint)
        for (turn, database) in databases.enumerated() {
            let socket = try RESPSocket(endpoint, database: database)
            var request = RequestBuffer()
            for index in stride(from: turn, to: keys, by: databases.count) {
                append(index, dialect, to: &request)
                if request.bytes.count > 1 << 18 { try Self.flush(&request, socket) }
            }
            try Self.flush(&request, socket)
        }
    }

    /// The name of key number `index`; one in eleven is not UTF-8.
    package func key(_ index: Int) -> Bytes {
        var name = prefix + Bytes("k\(index)".utf8)
        if index % 11 == 7 {
            var random = SplitMix64(seed: seed ^ UInt64(index))
            name += [0x00, 0xff, 0x0d, 0x0a, 0x2a] + random.bytes(4)
        }
        return name
    }

    private static func flush(_ request: inout RequestBuffer, _ socket: RESPSocket) throws {
        try socket.perform(request)
        request.removeAll()
    }

    private func append(_ index: Int, _ dialect: SeedDialect, to request: inout RequestBuffer) {
        var random = SplitMix64(seed: seed &* 0x1000_0001 &+ UInt64(index))
        let name = key(index)
        // One in a thousand is large enough to leave every compact encoding.
        let large = index % 1000 == 500
        switch index % 20 {
        case 0...6: SeedValue.text(name, large, &random, &request)
        case 7: SeedValue.integer(name, &random, &request)
        case 8: SeedValue.binary(name, large, &random, &request)
        case 9: SeedValue.bitmap(name, &random, &request)
        case 10: SeedValue.counterOfDistinct(name, large, &random, &request)
        case 11, 12: SeedValue.list(name, large, &random, &request)
        case 13: SeedValue.set(name, large, &random, &request)
        case 14: SeedValue.integerSet(name, large, &random, &request)
        case 15, 16: SeedValue.hash(name, large, &random, &request)
        case 17, 18: SeedValue.sortedSet(name, large, &random, &request)
        default: SeedStream(name: name, dialect: dialect, large: large).append(&random, to: &request)
        }
        appendExpiry(index, name, &random, to: &request)
    }

    private func appendExpiry(_ index: Int, _ name: Bytes, _ random: inout SplitMix64, to request: inout RequestBuffer)
    {
        if let every = shortExpiryEvery, index % every == every - 1 {
            request.append("PEXPIRE", name, shortExpiry.lowerBound + random.below(shortExpiry.count))
        } else if let every = longExpiryEvery, index % every == every - 1 {
            request.append("PEXPIRE", name, 3_600_000 + random.below(5_000_000_000))
        }
    }
}

/// What the server's version understands.
struct SeedDialect {
    /// 7.0: `XSETID … ENTRIESADDED … MAXDELETEDID`, `XGROUP CREATE … ENTRIESREAD`.
    let countsStreamEntries: Bool

    init(_ endpoint: Endpoint) throws {
        let info = try RESPSocket(endpoint).call("INFO", "server").text ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }
        let major = line?.dropFirst("redis_version:".count).split(separator: ".").first.flatMap { Int($0) }
        countsStreamEntries = (major ?? 0) >= 7
    }
}

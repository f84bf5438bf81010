import MigrationTestSupport
import Testing

@Suite struct TenantSeedTests {
    @Test(arguments: RedisVersion.available)
    func everyTypeIsThereAndEveryKeyIsCounted(_ version: RedisVersion) async throws {
        try await withRedisServer(version) { server in
            var seed = TenantSeed(tenant: "acme", keys: 2000)
            seed.databases = [0, 5, 15]
            try seed.write(to: server.endpoint)
            var types = Set<String>()
            var count = 0
            for database in seed.databases {
                let socket = try server.connect(database: database)
                let keys = try KeyspaceComparison.keys([seed.prefix], socket)
                count += keys.count
                types.formUnion(try LogicalValue.read(keys, socket).map(\.typeName))
            }
            #expect(count == 2000)
            #expect(types == ["string", "list", "set", "hash", "sorted set", "stream"])
        }
    }

    @Test func theSameSeedGivesTheSameTenant() async throws {
        try await withRedisServers { source, target in
            var seed = TenantSeed(tenant: "acme", keys: 1000)
            seed.longExpiryEvery = nil
            for server in [source, target] { try seed.write(to: server.endpoint) }
            let found = try KeyspaceComparison(source, target, tenant: "acme").differences()
            // Delivery times of pending entries are the only thing that counts from now.
            #expect(found.allSatisfy { $0.reason.contains("pending entries differ") })
        }
    }

    @Test func shortExpiriesRunOut() async throws {
        try await withRedisServer { server in
            var seed = TenantSeed(tenant: "acme", keys: 400)
            seed.shortExpiryEvery = 4
            seed.shortExpiry = 1...50
            try seed.write(to: server.endpoint)
            try await Task.sleep(for: .milliseconds(100))
            let keys = try KeyspaceComparison.keys([seed.prefix], server.connect())
            #expect(keys.count == 300)
        }
    }
}

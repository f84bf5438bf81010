import MigrationTestSupport

/// The two servers of the demo and who lives on them.
final class DemoServers {
    let source: RedisServer
    let target: RedisServer
    let neighbours = TenantSeed.neighbours(of: Demo.tenant)
    private let options: DemoOptions
    private let password = "app-secret"

    init(_ options: DemoOptions) throws {
        self.options = options
        source = try RedisServer(password: "source-secret")
        target = try RedisServer(password: "target-secret")
    }

    /// Writes the tenant, its user and its neighbours; returns the seconds that the tenant took.
    func seed() throws -> Double {
        let began = MonotonicClock.seconds
        var seed = TenantSeed(tenant: Demo.tenant, keys: options.keys)
        seed.databases = [0, 1, 9]
        seed.shortExpiryEvery = 50
        try seed.write(to: source.endpoint)
        let seconds = MonotonicClock.seconds - began
        for name in neighbours {
            for server in [source, target] {
                try TenantSeed(tenant: name, keys: options.neighbourKeys).write(to: server.endpoint)
            }
        }
        try source.call(
            "ACL",
            "SETUSER",
            Demo.user,
            "on",
            ">\(password)",
            "~__tenant:\(Demo.tenant):*",
            "+@all",
            "-@dangerous"
        )
        return seconds
    }

    /// The user's writes; what one server refuses is tried at the other, as a client with both addresses would.
    func startWriter() -> LiveWriter {
        var options = LiveWriter.Options()
        options.rate = Double(self.options.writes)
        options.databases = [0, 1, 9]
        return LiveWriter(
            tenant: Demo.tenant,
            at: source.endpoint(user: Demo.user, password: password),
            alternative: target.endpoint(user: Demo.user, password: password),
            options: options
        )
    }

    /// The neighbours' keys at both servers.
    func neighbourDigest() throws -> [KeyspaceDigest] {
        try [source, target].map { try KeyspaceDigest($0, tenants: neighbours) }
    }
}

/// The demo's own judgement, made without the tool's code.
struct Proof {
    let compared: Int
    let differences: [String]
    /// What the writer's ledger has to say.
    let problems: [String]
    let neighboursAreUnchanged: Bool

    init(servers: DemoServers, ledger: Ledger, neighboursBefore: [KeyspaceDigest]) throws {
        var comparison = KeyspaceComparison(servers.source, servers.target, tenant: Demo.tenant)
        // These were written at the target after the switch; the ledger judges them.
        comparison.exceptions = [TenantSeed.prefix(of: Demo.tenant) + Bytes("live:".utf8)]
        let result = try comparison.run()
        compared = result.compared
        differences = result.differences.map(\.description)
        problems = try ledger.check(on: servers.target)
        neighboursAreUnchanged = try servers.neighbourDigest() == neighboursBefore
    }

    var lost: Int { problems.count }
    var isGood: Bool { differences.isEmpty && problems.isEmpty && neighboursAreUnchanged }
}

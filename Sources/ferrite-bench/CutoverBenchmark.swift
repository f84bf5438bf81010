import Glibc
import MigrationTestSupport

/// The pause of whole cutovers under writes, each with servers of its own and each checked by the writer's ledger.
struct CutoverBenchmark {
    let sizes: BenchOptions.Sizes

    private struct Cutover {
        /// Milliseconds, by the tool.
        let pause: Double
        /// Milliseconds, the slowest write of a client.
        let clientPause: Double
    }

    func run() throws -> [ReportRow] {
        let cutovers = try (1...sizes.cutovers).map { round in
            Progress.show("(e) cutover \(round) of \(sizes.cutovers)")
            return try cutover(seed: UInt64(round))
        }
        let tool = Samples(cutovers.map(\.pause))
        let client = Samples(cutovers.map(\.clientPause))
        return [
            ReportRow(
                part: "e",
                name: "pause of \(sizes.cutovers) cutovers at \(sizes.writes) writes/s",
                p50: tool.percentile(0.5),
                p99: tool.percentile(0.99),
                maximum: tool.maximum,
                aim: "p50 < 10, p99 < 50"
            ),
            ReportRow(
                part: "e",
                name: "slowest write of a client",
                p50: client.percentile(0.5),
                p99: client.percentile(0.99),
                maximum: client.maximum
            ),
        ]
    }

    private func cutover(seed: UInt64) throws -> Cutover {
        let (source, target) = (try RedisServer(), try RedisServer())
        var tenant = TenantSeed(tenant: StringTenant.name, keys: sizes.cutoverKeys)
        tenant.seed = seed
        try tenant.write(to: source.endpoint)
        try source.call("ACL", "SETUSER", "acme-corp-app", "on", ">secret", "~__tenant:\(StringTenant.name):*", "+@all")
        var options = LiveWriter.Options()
        options.rate = Double(sizes.writes)
        options.seed = seed
        let writer = LiveWriter(
            tenant: StringTenant.name,
            at: source.endpoint(user: "acme-corp-app", password: "secret"),
            alternative: target.endpoint(user: "acme-corp-app", password: "secret"),
            options: options
        )
        let tool = try MigrateTool(source: source.endpoint, target: target.endpoint)
        let id = try tool.migrate(StringTenant.name)
        while tool.events.time(of: "synced") == nil {
            guard tool.events.time(of: "failed") == nil else { throw ToolError("the migration failed") }
            usleep(20_000)
        }
        sleep(1)
        let answer = try tool.json(["cutover", id, "--until-verified"])
        let pause = try answer.number("downtime_ms") ?? tool.status(id).number("downtime_ms")
        usleep(200_000)
        let ledger = writer.stop()
        let problems = try ledger.check(on: target)
        guard problems.isEmpty else { throw ToolError("lost or doubled writes: \(problems.prefix(5))") }
        return Cutover(pause: pause ?? .nan, clientPause: ledger.statistics.longestWrite * 1000)
    }
}

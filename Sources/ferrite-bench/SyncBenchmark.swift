import MigrationTestSupport

/// The initial sync of strings, beside what the two servers need at least.
struct SyncBenchmark {
    let part: String
    let keys: Int
    let others: Int
    /// One key of the source has an expiry, so that every key has to be asked for one.
    let expiring: Bool
    let runs: Int

    private struct Measurement {
        var scan = 0.0
        var source = 0.0
        var target = 0.0
        var sync = 0.0
        var total = 0.0
        var cpuPerKey = 0.0
        var megabytes = 0.0
    }

    func run() throws -> [ReportRow] {
        let tenant = StringTenant(keys: keys)
        let source = try RedisServer()
        try tenant.fill(source, others: others)
        if expiring { _ = try source.call("SET", "__tenant:neighbour:expiring", "x", "EX", 100_000) }
        let reads = try tenant.reads(source, expiring: expiring)
        var results: [Measurement] = []
        for run in 1...runs {
            Progress.show("(\(part)) run \(run) of \(runs)")
            results.append(try measure(tenant, reads, source))
        }
        return rows(results)
    }

    private func measure(
        _ tenant: StringTenant,
        _ reads: (scan: Bytes, all: Bytes),
        _ source: RedisServer
    ) throws -> Measurement {
        var result = Measurement()
        result.scan = try Blast(source.endpoint).run(reads.scan)
        result.source = try Blast(source.endpoint).run(reads.all)
        let bare = try RedisServer()
        result.target = try Blast(bare.endpoint).run(tenant.writes)
        bare.stop()
        let target = try RedisServer()
        let run = try ToolRun(source, target)
        defer { run.end() }
        let moved = try target.call("DBSIZE").integer ?? 0
        guard moved == keys else { throw ToolError("\(moved) of \(keys) keys are at the target") }
        result.sync = run.syncSeconds
        result.total = run.totalSeconds
        result.cpuPerKey = run.usage.cpuSeconds * 1e6 / Double(keys)
        result.megabytes = run.peakMegabytes
        return result
    }

    private func rows(_ results: [Measurement]) -> [ReportRow] {
        func median(_ value: (Measurement) -> Double) -> Double { Samples(results.map(value)).median }
        let count = Double(keys)
        let sync = median(\.sync)
        let total = median(\.total)
        let larger = median { max($0.source, $0.target) }
        let sum = median { $0.scan + max($0.source - $0.scan, $0.target) }
        func floor(_ name: String, _ seconds: Double) -> ReportRow {
            ReportRow(part: part, name: "floor: \(name)", seconds: seconds, keysPerSecond: count / seconds)
        }
        return [
            floor("source, SCAN alone", median(\.scan)),
            floor(expiring ? "source, SCAN PEXPIRETIME MGET" : "source, SCAN MGET", median(\.source)),
            floor("target, SET", median(\.target)),
            ReportRow(
                part: part,
                name: expiring ? "ferrite-migrate, some key expires" : "ferrite-migrate, no key expires",
                seconds: sync,
                keysPerSecond: count / sync,
                cpuPerKey: median(\.cpuPerKey),
                peakMegabytes: median(\.megabytes),
                ratio: sync / larger,
                aim: others > 0 ? "" : "ratio <= 1.25, CPU < 2, < 64 MB"
            ),
            ReportRow(
                part: part,
                name: "ferrite-migrate, from its start",
                seconds: total,
                keysPerSecond: count / total,
                ratio: total / larger
            ),
        ]
            + (others == 0
                ? []
                : [
                    ReportRow(
                        part: part,
                        name: "the same against SCAN + transfer",
                        ratio: sync / sum,
                        aim: "ratio <= 1.25, < 64 MB"
                    )
                ])
    }
}

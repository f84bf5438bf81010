import Glibc
import MigrationTestSupport

/// How long after a write at the source it is seen at the target, while others write.
struct LagBenchmark {
    let sizes: BenchOptions.Sizes

    func run() throws -> [ReportRow] {
        Progress.show("(d) \(sizes.probes) probes")
        let source = try RedisServer()
        let target = try RedisServer()
        try StringTenant(keys: sizes.tenantKeys).fill(source, others: sizes.otherKeys)
        let run = try ToolRun(source, target)
        defer { run.end() }
        var options = LiveWriter.Options()
        options.rate = Double(sizes.writes)
        let writer = LiveWriter(tenant: StringTenant.name, at: source.endpoint, options: options)
        let began = MonotonicClock.seconds
        sleep(1)
        let lags = Samples(try probe(source, target))
        let rate = Double(writer.statistics.acknowledged) / (MonotonicClock.seconds - began)
        _ = writer.stop()
        return [
            ReportRow(
                part: "d",
                name: "lag at \(Int(rate)) writes/s",
                p50: lags.percentile(0.5),
                p99: lags.percentile(0.99),
                maximum: lags.maximum,
                aim: "p50 < 1, p99 < 3"
            )
        ]
    }

    /// Milliseconds from the sending of a write to the first look at the target that finds it. The looks are about
    /// 0.1 ms apart: more of them would take the processor from what is measured.
    private func probe(_ source: RedisServer, _ target: RedisServer) throws -> [Double] {
        let (writing, reading) = (try source.connect(), try target.connect())
        var lags: [Double] = []
        for number in 0..<sizes.probes {
            let key = TenantSeed.prefix(of: StringTenant.name) + Bytes("probe:\(number)".utf8)
            let sent = MonotonicClock.seconds
            try writing.call("SET", key, number)
            while try reading.call("EXISTS", key).integer != 1 {
                if MonotonicClock.seconds - sent > 30 { throw ToolError("a probe did not arrive within 30 s") }
                usleep(40)
            }
            lags.append((MonotonicClock.seconds - sent) * 1000)
            usleep(5_000)
        }
        return lags
    }
}

import MigrationTestSupport

/// The tool's memory when one value is far larger than what it may hold.
struct LargeValueBenchmark {
    let bytes: Int
    let runs: Int

    func run() throws -> [ReportRow] {
        let source = try RedisServer()
        let key = TenantSeed.prefix(of: StringTenant.name) + Bytes("large".utf8)
        var random = SplitMix64(seed: 7)
        try source.connect(timeout: 120).call("SET", key, random.bytes(bytes))
        var peaks: [Double] = []
        var seconds: [Double] = []
        for run in 1...runs {
            Progress.show("(c) run \(run) of \(runs)")
            let target = try RedisServer()
            let run = try ToolRun(source, target)
            defer { run.end() }
            let digests = try [source, target].map {
                try $0.connect(timeout: 120).call("DEBUG", "DIGEST-VALUE", key).array?.first?.text
            }
            guard digests[0] == digests[1] else { throw ToolError("the large value is not the same at the target") }
            peaks.append(run.peakMegabytes)
            seconds.append(run.syncSeconds)
        }
        return [
            ReportRow(
                part: "c",
                name: "one string of \(bytes >> 20) MB",
                seconds: Samples(seconds).median,
                peakMegabytes: Samples(peaks).median,
                aim: "< 128 MB"
            )
        ]
    }
}

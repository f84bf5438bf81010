import Foundation
import MigrationTestSupport

/// All parts that were asked for, one after the other: nothing else should run on the machine meanwhile.
struct Benchmark {
    let options: BenchOptions

    func run() throws -> Report {
        var report = Report(machine: try Self.machine(), runs: options.runs)
        for part in BenchOptions.Part.allCases where options.parts.contains(part) {
            report.rows += try measure(part)
        }
        return report
    }

    private func measure(_ part: BenchOptions.Part) throws -> [ReportRow] {
        let sizes = options.sizes
        switch part {
        case .a: return try sync(part, keys: sizes.keys, others: 0)
        case .b: return try sync(part, keys: sizes.tenantKeys, others: sizes.otherKeys)
        case .c: return try LargeValueBenchmark(bytes: sizes.largeValue, runs: options.runs).run()
        case .d: return try LagBenchmark(sizes: sizes).run()
        case .e: return try CutoverBenchmark(sizes: sizes).run()
        case .f: return try BoundsBenchmark(sizes: sizes).run()
        }
    }

    private func sync(_ part: BenchOptions.Part, keys: Int, others: Int) throws -> [ReportRow] {
        try [true, false].flatMap { expiring in
            try SyncBenchmark(
                part: part.rawValue,
                keys: keys,
                others: others,
                expiring: expiring,
                runs: options.runs
            ).run()
        }
    }

    private static func machine() throws -> String {
        let info = try RedisServer().call("INFO", "server").text ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") } ?? ""
        let version = line.dropFirst("redis_version:".count)
        return "redis-server \(version) on loopback, \(ProcessInfo.processInfo.activeProcessorCount) processors"
    }
}

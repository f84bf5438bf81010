import Foundation
import Glibc
import MigrationTestSupport

/// One `migrate --foreground`, watched from outside until live sync is reached.
final class ToolRun {
    let tool: MigrateTool
    private let process: ChildProcess
    /// From the start of the initial sync to live sync, in seconds.
    let syncSeconds: Double
    /// From the start of the process to live sync.
    let totalSeconds: Double
    /// When live sync was reached.
    let usage: ProcessUsage

    init(_ source: RedisServer, _ target: RedisServer, _ options: [String] = []) throws {
        tool = try MigrateTool(source: source.endpoint, target: target.endpoint)
        let began = Date().timeIntervalSince1970
        process = try tool.startForeground(StringTenant.name, options)
        var synced: Double?
        while synced == nil, process.isRunning {
            usleep(5_000)
            synced = tool.events.time(of: "synced")
        }
        guard let synced, let usage = ProcessUsage(pid: process.pid) else {
            throw ToolError("migrate ended before live sync: \(tool.foregroundErrors)")
        }
        self.usage = usage
        totalSeconds = synced - began
        syncSeconds = synced - (tool.events.time(of: "prepared") ?? began)
    }

    /// The largest resident set so far, in megabytes.
    var peakMegabytes: Double { Double(ProcessUsage(pid: process.pid)?.peakBytes ?? usage.peakBytes) / 1_048_576 }

    /// Ends the worker as an operator would.
    func end() {
        process.kill(SIGTERM)
        let deadline = MonotonicClock.seconds + 10
        while process.isRunning, MonotonicClock.seconds < deadline { usleep(5_000) }
        process.kill(SIGKILL)
        process.wait()
        tool.endAll()
    }
}

import Foundation
import Glibc
import MigrationTestSupport

/// What a worker takes of the machine in its worst hours: very many keys, very many of them changed during a pause,
/// a worker that died behind them.
struct BoundsBenchmark {
    let sizes: BenchOptions.Sizes

    private static let user = "__tenant:\(StringTenant.name):user"

    func run() throws -> [ReportRow] {
        let (source, target) = (try RedisServer(), try RedisServer())
        Progress.show("(f) \(sizes.boundedKeys) keys")
        let client = try source.connect(timeout: 600)
        try client.call("DEBUG", "POPULATE", sizes.boundedKeys, Self.user, 16)
        let tool = try MigrateTool(source: source.endpoint, target: target.endpoint)
        let began = MonotonicClock.seconds
        let id = try tool.migrate(StringTenant.name, ["--wait", "live_sync"])
        var rows = [try row("\(sizes.boundedKeys) keys, synced", tool, id, began)]
        rows.append(try idle(tool, id))

        Progress.show("(f) \(sizes.boundedDirty) dirty keys")
        _ = try tool.json(["pause", id])
        let touched = MonotonicClock.seconds
        try touch(source)
        try wait(tool, id) { ($0.number("lag_keys") ?? 0) >= Double(sizes.boundedDirty) && $0.number("lag_bytes") == 0 }
        rows.append(try row("\(sizes.boundedDirty) of them dirty in a pause", tool, id, touched))
        _ = try tool.json(["resume", id])
        let resumed = MonotonicClock.seconds
        try wait(tool, id) { $0.text("phase") == "live_sync" && $0.number("lag_keys") == 0 }
        rows.append(try row("the pause is made up for", tool, id, resumed))

        Progress.show("(f) a target that hangs")
        target.suspend()
        let hung = MonotonicClock.seconds
        try touch(source)
        sleep(12)
        target.resume()
        try wait(tool, id) { $0.text("phase") == "live_sync" && $0.number("lag_keys") == 0 }
        rows.append(try row("as many behind a target that hung for 12 s", tool, id, hung))

        Progress.show("(f) a gap")
        try source.call("CONFIG", "SET", "repl-backlog-size", "16kb")
        target.suspend()
        let missed = MonotonicClock.seconds
        try touch(source)
        try source.call("CLIENT", "KILL", "TYPE", "replica")
        try touch(source)
        target.resume()
        while !tool.events.contains("\"gap\"") { usleep(100_000) }
        try wait(tool, id) { $0.text("phase") == "live_sync" && $0.number("lag_keys") == 0 }
        rows.append(try row("changes are missed, everything is read again", tool, id, missed))

        Progress.show("(f) a worker that dies")
        try touch(source)
        guard let dead = worker(tool, id) else { throw ToolError("no worker lives") }
        kill(dead, SIGKILL)
        let died = MonotonicClock.seconds
        try wait(tool, id) {
            $0.text("phase") == "live_sync" && $0.number("lag_keys") == 0 && worker(tool, id) ?? dead != dead
        }
        rows.append(try row("as many behind a worker that was killed", tool, id, died))
        let (there, wanted) = (try target.call("DBSIZE").integer, try source.call("DBSIZE").integer)
        guard there == wanted else { throw ToolError("\(there ?? 0) of \(wanted ?? 0) keys are at the target") }
        rows.append(idleRow("from then on, idle", try idleShare(tool, id)))
        return rows
    }

    /// Changes the keys that are counted as dirty, one after the other.
    private func touch(_ source: RedisServer) throws {
        var request = RequestBuffer()
        for number in 0..<sizes.boundedDirty { request.append("APPEND", "\(Self.user):\(number)", "+") }
        _ = try Blast(source.endpoint).run(request.bytes)
    }

    private func wait(_ tool: MigrateTool, _ id: String, until isDone: (ToolAnswer) -> Bool) throws {
        let deadline = MonotonicClock.seconds + 600
        while MonotonicClock.seconds < deadline {
            let answer = try tool.status(id)
            if isDone(answer) { return }
            if answer.text("phase") == "failed" { throw ToolError("the migration failed: \(answer)") }
            usleep(100_000)
        }
        throw ToolError("the migration does not get there: \(try tool.status(id))")
    }

    private func worker(_ tool: MigrateTool, _ id: String) -> pid_t? {
        let text = try? String(contentsOfFile: "\(tool.journal)/\(id)/lock", encoding: .utf8)
        let pid = text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        return pid.flatMap { tool.processes.contains($0) ? $0 : nil }
    }

    private func usage(_ tool: MigrateTool, _ id: String) throws -> ProcessUsage {
        guard let pid = worker(tool, id), let usage = ProcessUsage(pid: pid) else { throw ToolError("no worker lives") }
        return usage
    }

    private func row(_ name: String, _ tool: MigrateTool, _ id: String, _ began: Double) throws -> ReportRow {
        ReportRow(
            part: "f",
            name: name,
            seconds: MonotonicClock.seconds - began,
            peakMegabytes: Double(try usage(tool, id).peakBytes) / 1_048_576,
            aim: "< 256 MB"
        )
    }

    private func idle(_ tool: MigrateTool, _ id: String) throws -> ReportRow {
        idleRow("idle", try idleShare(tool, id))
    }

    private func idleRow(_ name: String, _ share: Double) -> ReportRow {
        ReportRow(part: "f", name: name, cpuPercent: share, aim: "< 1 % CPU")
    }

    /// Of one processor, in percent, while nobody asks and nothing changes.
    private func idleShare(_ tool: MigrateTool, _ id: String) throws -> Double {
        sleep(2)
        let (before, began) = (try usage(tool, id), MonotonicClock.seconds)
        sleep(10)
        return try (usage(tool, id).cpuSeconds - before.cpuSeconds) / (MonotonicClock.seconds - began) * 100
    }
}

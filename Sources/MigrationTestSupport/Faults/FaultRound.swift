import Foundation
import Glibc

/// One migration under a schedule, from its beginning to a switch that must leave everything in its place. Use once.
package final class FaultRound {
    /// What must hold whatever happened: in seconds and bytes.
    private static let patience = 150.0
    private static let mostMemory = 256 << 20

    private let schedule: FaultSchedule
    private let servers: FaultServers
    package let tool: MigrateTool
    private let writer: LiveWriter
    private let began = MonotonicClock.seconds
    private var id = ""
    private var peakBytes = 0
    private var problems: [String] = []
    private var happened: [Fault] = []
    private var slowest = (command: "none", seconds: 0.0)
    /// What was done when, and how the tool answered.
    package private(set) var story: [String] = []

    package init(_ schedule: FaultSchedule) throws {
        self.schedule = schedule
        servers = try FaultServers(keys: schedule.keys)
        tool = try servers.tool()
        writer = servers.startWriter(rate: schedule.rate, seed: schedule.seed)
    }

    package var journal: String { tool.journal }

    /// Plays the schedule, heals everything, ends the migration and says what was wrong.
    package func run() -> FaultOutcome {
        var recovery = 0.0
        do {
            try begin()
            for step in schedule.steps { try play(step) }
            happened = servers.happened
            try servers.heal()
            note("healed; \(happened.count) network faults have happened")
            let healed = MonotonicClock.seconds
            try finish(until: healed + Self.patience)
            recovery = MonotonicClock.seconds - healed
            try judge()
        } catch {
            problems.append("\(error)")
        }
        if peakBytes > Self.mostMemory { problems.append("the tool took \(peakBytes >> 20) MB") }
        return FaultOutcome(
            problems: problems,
            seconds: MonotonicClock.seconds - began,
            recovery: recovery,
            happened: happened,
            slowest: slowest,
            failures: failures,
            writes: writer.statistics,
            peakBytes: peakBytes
        )
    }

    private func note(_ words: String) {
        story.append("\(String(format: "%7.2f", MonotonicClock.seconds - began)) s  \(words)")
    }

    private var more: Bool { writer.waitForWrites(writer.statistics.acknowledged + 40, seconds: 20) }

    /// A command that is killed has waited for something that has no bound.
    @discardableResult
    private func command(_ arguments: [String], seconds: Double = 60) throws -> ProgramRun {
        let called = MonotonicClock.seconds
        let run = try tool.run(arguments, timeout: seconds)
        let took = MonotonicClock.seconds - called
        if took > slowest.seconds { slowest = (arguments[0], took) }
        let said = run.errors.split(separator: "\n").last.map { ": \($0)" } ?? ""
        note("\(arguments[0]) ended with \(run.code) after \(String(format: "%.2f", took)) s\(said)")
        if run.code > 128 { problems.append("\(arguments.joined(separator: " ")) ended with code \(run.code)") }
        return run
    }

    // MARK: The beginning

    private func begin() throws {
        for case .network(let side, let fault) in schedule.beginning { try servers.proxy(side).arm(fault) }
        let options = ["--parallel", "\(schedule.parallel)", "--batch-size", "100", "--timeout", "120"]
        // Nothing is kept of a migration that could not begin: it is asked for again.
        for attempt in 0..<20 {
            if attempt > 0 { usleep(400_000) }
            try command(tool.migrateArguments(FaultServers.tenant, options))
            let folders = (try? FileManager.default.contentsOfDirectory(atPath: tool.journal)) ?? []
            if let found = folders.first(where: { $0.hasPrefix("mig_") }) {
                id = found
                return
            }
        }
        throw ToolError("no migration could be started")
    }

    // MARK: What happens

    private func play(_ step: FaultSchedule.Step) throws {
        usleep(UInt32(step.wait * 1000))
        measure()
        if step.event.isForLivingSource, isSwitched { return note("left out after the switch: \(step.event)") }
        note("\(step.event)")
        switch step.event {
        case .network(let side, let fault): try servers.proxy(side).arm(fault)
        case .restart(let side, let down, let keepsData): try servers.restart(side, down: down, keepsData: keepsData)
        case .suspend(let side, let time):
            servers[side].suspend()
            usleep(UInt32(time * 1000))
            servers[side].resume()
        case .killFeed: try servers.source.call("CLIENT", "KILL", "TYPE", "replica")
        case .smallFeedBuffer(let time): try servers.narrowFeedBuffer(time: time)
        case .refusal(let refusal, let time): try servers.refuse(refusal, time: time)
        case .flush: try servers.flush()
        default: try command(step.event)
        }
    }

    private func command(_ event: FaultEvent) throws {
        switch event {
        case .killWorker: killWorker()
        case .killAll(let down, let failPoint): try killAll(down: down, failPoint)
        case .pause(let time):
            try command(["pause", id])
            usleep(UInt32(time * 1000))
            try command(["resume", id])
        case .verify:
            let run = try command(["verify", id])
            if run.code == 2 { problems.append("verify found differences under way: \(run.output)") }
        case .cutover(let maxPause, let killedAfter): try cutover(maxPause, killedAfter)
        default: break
        }
    }

    private var isSwitched: Bool { tool.events.contains("\"switched\"") }

    private var failures: [String] {
        let log = FileManager.default.contents(atPath: "\(tool.journal)/\(id)/events.jsonl") ?? Data()
        return String(decoding: log, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard let start = line.range(of: #"Z","event":{"failed":{"failure":"#) else { return nil }
            return String(line[start.upperBound...].prefix(200))
        }
    }

    private func killWorker() {
        let text = try? String(contentsOfFile: "\(tool.journal)/\(id)/lock", encoding: .utf8)
        let pid = text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        if let pid, tool.processes.contains(pid) { kill(pid, SIGKILL) }
    }

    private func killAll(down: Int, _ failPoint: String?) throws {
        for process in tool.processes.sorted() { kill(process, SIGKILL) }
        usleep(UInt32(down * 1000))
        var environment = tool.environment
        if let failPoint { environment["FERRITE_MIGRATE_FAILPOINT"] = failPoint }
        let run = try ProgramRun(path: tool.program, arguments: ["resume", id], environment: environment, timeout: 60)
        note("resume ended with \(run.code): \(run.errors)")
    }

    private func cutover(_ maxPause: Int, _ killedAfter: Int?) throws {
        let arguments = ["cutover", id, "--force", "--max-pause", "\(maxPause)"]
        guard let killedAfter else {
            try command(arguments)
            return
        }
        let process = try ChildProcess(
            path: tool.program,
            arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(tool.environment) { $1 }
        )
        usleep(UInt32(killedAfter * 1000))
        killWorker()
        let deadline = MonotonicClock.seconds + 60
        while process.isRunning, MonotonicClock.seconds < deadline { usleep(5000) }
        if process.isRunning { problems.append("a cutover whose worker was killed does not end") }
        process.kill(SIGKILL)
    }

    private func measure() {
        for process in tool.processes {
            peakBytes = max(peakBytes, ProcessUsage(pid: process)?.peakBytes ?? 0)
        }
    }

    // MARK: The end

    private func finish(until deadline: Double) throws {
        while MonotonicClock.seconds < deadline {
            let run = try command(["status", id, "--format", "json"])
            let phase = ToolAnswer(run.output).text("phase") ?? "?"
            note("phase \(phase)")
            measure()
            switch phase {
            case "completed":
                return
            case "live_sync":
                let run = try command(["cutover", id, "--wait", "--force", "--max-pause", "20000"])
                if run.code != 0 { usleep(300_000) }
            case "cleanup", "cutover": usleep(100_000)
            default: usleep(100_000)
            }
            if !["completed", "cutover"].contains(phase) { try command(["resume", id]) }
        }
        throw ToolError("the migration did not come to its end within \(Int(Self.patience)) s of calm")
    }

    private func judge() throws {
        if !more { problems.append("the tenant cannot write after the switch: \(writer.statistics)") }
        problems += try writer.stop().check(on: servers.target)
        let verified = try command(["verify", id])
        if verified.code != 0 { problems.append("verify ended with code \(verified.code): \(verified.output)") }
        problems += try servers.problems()
        let deadline = MonotonicClock.seconds + 15
        while !tool.processes.isEmpty, MonotonicClock.seconds < deadline { usleep(20_000) }
        if !tool.processes.isEmpty { problems.append("processes are left: \(tool.processes)") }
    }
}

/// How a round ended. Times are in seconds.
package struct FaultOutcome: Sendable {
    /// Empty when all is well.
    package let problems: [String]
    package let seconds: Double
    /// From the end of all faults to `completed`.
    package let recovery: Double
    /// On the network.
    package let happened: [Fault]
    /// The command that took longest.
    package let slowest: (command: String, seconds: Double)
    /// Why the migration failed on the way and had to be resumed.
    package let failures: [String]
    package let writes: WriterStatistics
    package let peakBytes: Int
}

import Foundation
import Glibc

/// One migration under a schedule, from its beginning to an end that must leave everything in its place. Use once.
package final class FaultRound {
    /// What must hold whatever happened: in seconds and bytes.
    static let patience = 150.0
    private static let mostMemory = 256 << 20

    let schedule: FaultSchedule
    let servers: FaultServers
    package let tool: MigrateTool
    let writer: LiveWriter
    let histories: HistoryPlayer?
    private let began = MonotonicClock.seconds
    var id = ""
    private var peakBytes = 0
    var problems: [String] = []
    private var slowest = (command: "none", seconds: 0.0)
    /// What was done when, and how the tool answered.
    package private(set) var story: [String] = []

    package init(_ schedule: FaultSchedule) throws {
        self.schedule = schedule
        servers = try FaultServers(schedule)
        tool = try servers.tool()
        writer = servers.startWriter(rate: schedule.rate, seed: schedule.seed)
        histories = servers.startHistories()
    }

    package var journal: String { tool.journal }

    /// Plays the schedule, brings the migration to its end, and says what was wrong.
    package func run() -> FaultOutcome {
        var recovery = 0.0
        do {
            try begin()
            for step in schedule.steps { try play(step) }
            recovery = try end()
        } catch {
            problems.append("\(error)")
        }
        histories?.stop()
        if peakBytes > Self.mostMemory { problems.append("the tool took \(peakBytes >> 20) MB") }
        return FaultOutcome(
            problems: problems,
            seconds: MonotonicClock.seconds - began,
            recovery: recovery,
            happened: servers.happened,
            slowest: slowest,
            failures: failures,
            writes: writer.statistics,
            peakBytes: peakBytes
        )
    }

    func note(_ words: String) {
        story.append("\(String(format: "%7.2f", MonotonicClock.seconds - began)) s  \(words)")
    }

    /// A command that is killed has waited for something that has no bound.
    @discardableResult
    func command(_ arguments: [String], seconds: Double = 60) throws -> ProgramRun {
        let called = MonotonicClock.seconds
        let run = try tool.run(arguments, timeout: seconds)
        let took = MonotonicClock.seconds - called
        if took > slowest.seconds { slowest = (arguments[0], took) }
        let said = run.errors.split(separator: "\n").last.map { ": \($0)" } ?? ""
        note("\(arguments[0]) ended with \(run.code) after \(String(format: "%.2f", took)) s\(said)")
        if run.code > 128 { problems.append("\(arguments.joined(separator: " ")) ended with code \(run.code)") }
        return run
    }

    /// A command that is not waited for, and may be killed.
    func start(_ arguments: [String]) throws -> ChildProcess {
        note("\(arguments[0]) is started")
        return try tool.start(arguments)
    }

    func waitForEnd(of process: ChildProcess, _ what: String) {
        let deadline = MonotonicClock.seconds + 60
        while process.isRunning, MonotonicClock.seconds < deadline { usleep(5000) }
        if process.isRunning { problems.append("\(what) does not end") }
        process.kill(SIGKILL)
    }

    // MARK: The beginning

    func begin() throws {
        for case .network(let side, let fault) in schedule.beginning { servers.proxy(side).arm(fault) }
        var options = ["--parallel", "\(schedule.parallel)", "--batch-size", "100", "--timeout", "120"]
        if schedule.traits.contains(.bigValues) { options += ["--big-value", "65536"] }
        if schedule.traits.contains(.notifications) { options += ["--feed", "notifications"] }
        let known = migrations
        // Nothing is kept of a migration that could not begin: it is asked for again.
        for attempt in 0..<20 {
            if attempt > 0 { usleep(400_000) }
            try command(tool.migrateArguments(FaultServers.tenant, options))
            if let found = migrations.subtracting(known).first {
                id = found
                return
            }
        }
        throw ToolError("no migration could be started")
    }

    private var migrations: Set<String> {
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: tool.journal)) ?? []
        return Set(folders.filter { $0.hasPrefix("mig_") })
    }

    // MARK: What happens

    func play(_ step: FaultSchedule.Step) throws {
        usleep(UInt32(step.wait * 1000))
        measure()
        let event = step.event
        if isSwitched, !event.isPossibleAfterSwitch(keepsUsers: schedule.traits.contains(.aclFile)) {
            return note("left out after the switch: \(event)")
        }
        note("\(event)")
        switch event {
        case .network(let side, let fault): servers.proxy(side).arm(fault)
        case .restart(let side, let down, let keepsData): try servers.restart(side, down: down, keepsData: keepsData)
        case .suspend(let side, let time):
            servers[side].suspend()
            usleep(UInt32(time * 1000))
            servers[side].resume()
        case .killFeed: try servers.killFeed()
        case .smallFeedBuffer(let time): try servers.narrowFeedBuffer(time: time)
        case .refusal(let refusal, let time): try servers.refuse(refusal, time: time)
        case .flush: try servers.flush()
        case .failover(let losesWrites): try failOver(losesWrites)
        default: try command(event)
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

    private func failOver(_ losesWrites: Bool) throws {
        writer.hold()
        try servers.failOver(losesWrites: losesWrites)
        writer.goOn(at: servers.clientsEndpoint)
        histories?.goOn(at: servers.clientsEndpoint)
    }

    var events: JournalEvents { JournalEvents(folder: "\(tool.journal)/\(id)") }
    var isSwitched: Bool { events.contains("\"switched\"") }

    private var failures: [String] {
        let log = FileManager.default.contents(atPath: "\(tool.journal)/\(id)/events.jsonl") ?? Data()
        return String(decoding: log, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard let start = line.range(of: #"Z","event":{"failed":{"failure":"#) else { return nil }
            return String(line[start.upperBound...].prefix(200))
        }
    }

    func killWorker() {
        let text = try? String(contentsOfFile: "\(tool.journal)/\(id)/lock", encoding: .utf8)
        let pid = text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        if let pid, tool.processes.contains(pid) { kill(pid, SIGKILL) }
    }

    func killAll() {
        for process in tool.processes.sorted() { kill(process, SIGKILL) }
    }

    private func killAll(down: Int, _ failPoint: String?) throws {
        killAll()
        usleep(UInt32(down * 1000))
        var environment = tool.environment
        if let failPoint { environment["FERRITE_MIGRATE_FAILPOINT"] = failPoint }
        let run = try ProgramRun(path: tool.program, arguments: ["resume", id], environment: environment, timeout: 60)
        note("resume ended with \(run.code): \(run.errors)")
    }

    func cutoverArguments(maxPause: Int) -> [String] {
        var arguments = ["cutover", id, "--force", "--max-pause", "\(maxPause)"]
        if schedule.traits.contains(.pauseFence) { arguments += ["--fence", "pause"] }
        if schedule.traits.contains(.sampled) { arguments += ["--verify", "sample"] }
        if schedule.traits.contains(.uncompared) { arguments += ["--verify", "none"] }
        return arguments
    }

    private func cutover(_ maxPause: Int, _ killedAfter: Int?) throws {
        let arguments = cutoverArguments(maxPause: maxPause)
        guard let killedAfter else {
            try command(arguments)
            return
        }
        let process = try start(arguments)
        usleep(UInt32(killedAfter * 1000))
        killWorker()
        waitForEnd(of: process, "a cutover whose worker was killed")
    }

    func measure() {
        for process in tool.processes {
            peakBytes = max(peakBytes, ProcessUsage(pid: process)?.peakBytes ?? 0)
        }
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

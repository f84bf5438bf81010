import Foundation
import Glibc

// How a round ends: with a switch, a cancel, or a cleanup behind the switch.
extension FaultRound {
    private var traits: Set<FaultTrait> { schedule.traits }

    /// Returns the seconds from the end of all faults to `completed`.
    func end() throws -> Double {
        if traits.contains(.cancel) {
            guard try !cancel() else {
                guard traits.contains(.again) else {
                    try judgeCancel()
                    return 0
                }
                try begin()
                return try complete()
            }
        }
        return try complete()
    }

    /// Heals everything and ends the migration.
    private func complete() throws -> Double {
        let count = servers.happened.count
        servers.heal()
        note("healed; \(count) network faults have happened")
        let healed = MonotonicClock.seconds
        try finish(until: healed + Self.patience)
        let recovery = MonotonicClock.seconds - healed
        servers.heal()
        let ledger = try judge()
        if traits.contains(.cleanup) { try cleanUp(ledger) }
        return recovery
    }

    // MARK: The switch

    private func finish(until deadline: Double) throws {
        while MonotonicClock.seconds < deadline {
            let run = try command(["status", id, "--format", "json"])
            let phase = ToolAnswer(run.output).text("phase") ?? "?"
            note("phase \(phase)")
            measure()
            switch phase {
            case "completed": return
            case "live_sync": if try !switchOver() { usleep(300_000) }
            default: usleep(100_000)
            }
            if !["completed", "cutover"].contains(phase) { try command(["resume", id]) }
        }
        throw ToolError("the migration did not come to its end within \(Int(Self.patience)) s of calm")
    }

    /// Whether traffic is switched now. What the schedule has for behind the switch happens at once.
    private func switchOver() throws -> Bool {
        let arguments = cutoverArguments(maxPause: 20_000) + ["--until-verified"]
        guard !schedule.afterSwitch.isEmpty else { return try command(arguments).code == 0 }
        let process = try start(arguments)
        while process.isRunning, !isSwitched { usleep(2000) }
        if isSwitched {
            for step in schedule.afterSwitch { try play(step) }
        }
        waitForEnd(of: process, "a cutover")
        return isSwitched
    }

    private var more: Bool { writer.waitForWrites(writer.statistics.acknowledged + 40, seconds: 20) }

    private func judge() throws -> Ledger {
        if !more { problems.append("the tenant cannot write after the switch: \(writer.statistics)") }
        let ledger = writer.stop()
        histories?.stop()
        try servers.loosen()
        problems += try ledger.check(on: servers.target)
        let isCompared = events.contains("\"verified\"")
        if !isCompared { note("both sides were not compared across the switch") }
        if isCompared {
            let verified = try command(["verify", id])
            if verified.code != 0 { problems.append("verify ended with code \(verified.code): \(verified.output)") }
        }
        problems += try servers.problemsAfterSwitch() + servers.historyProblems()
        judgeProcesses()
        return ledger
    }

    private func judgeProcesses() {
        let deadline = MonotonicClock.seconds + 15
        while !tool.processes.isEmpty, MonotonicClock.seconds < deadline { usleep(20_000) }
        if !tool.processes.isEmpty { problems.append("processes are left: \(tool.processes)") }
    }

    // MARK: Cancel

    private static let workerStarted = "\"worker_started\""

    /// Gives the migration up. False where a cutover on the way had switched it already: then that must stand.
    private func cancel() throws -> Bool {
        let hasForeignKey = schedule.seed % 2 == 0
        // What a living worker finds at the target alone may go before the cancel, with the next comparison of names.
        if hasForeignKey, !isSwitched {
            killAll()
            try servers.writeForeignKey()
        }
        let workers = events.count(Self.workerStarted)
        guard let output = try remove(["cancel", id, "--format", "json"]) else { return false }
        let told = ToolAnswer(output).integer("keys_left") ?? 0
        if told > (hasForeignKey ? 1 : 0) { note("\(told) keys were left at the target, and named") }
        // A cancel that was killed before it began leaves the way to the next worker open.
        let isCertain = events.count(Self.workerStarted) == workers
        problems += try servers.takeLeftKeys(told: told, hasForeignKey: isCertain ? hasForeignKey : nil)
        return true
    }

    private func judgeCancel() throws {
        servers.heal()
        note("healed; \(servers.happened.count) network faults have happened")
        // What the network has held back has come by then.
        usleep(1_500_000)
        if !more { problems.append("the tenant cannot write after the cancel: \(writer.statistics)") }
        histories?.stop()
        let ledger = writer.stop()
        try servers.loosen()
        problems += try ledger.check(on: servers.source)
        problems += try servers.problemsAfterCancel()
        judgeProcesses()
    }

    // MARK: Cleanup

    private func cleanUp(_ ledger: Ledger) throws {
        let arguments = ["cleanup", id, "--yes", "--rate", "\(schedule.keys)"]
        guard events.contains("\"verified\"") else {
            let run = try command(arguments)
            if run.code != 1 { problems.append("cleanup without a comparison ended with code \(run.code)") }
            problems += try servers.problemsAfterSwitch()
            return
        }
        _ = try remove(arguments)
        servers.heal()
        usleep(500_000)
        problems += try ledger.check(on: servers.target)
        problems += try servers.problemsAfterCleanup()
        judgeProcesses()
    }

    /// Plays the schedule's part for it while the command runs, and calls it again until it has worked. Returns what it
    /// said then; nil where it cannot work, because traffic is switched.
    private func remove(_ arguments: [String]) throws -> String? {
        let isCancel = arguments[0] == "cancel"
        let first = try start(arguments)
        for step in schedule.removal { try play(step) }
        waitForEnd(of: first, "a \(arguments[0])")
        let deadline = MonotonicClock.seconds + Self.patience
        while MonotonicClock.seconds < deadline {
            let run = try command(arguments)
            if run.code == 0 { return run.output }
            if isCancel, isSwitched { return nil }
            // What it says it can never do.
            if !isCancel, run.code == 1 { break }
            usleep(300_000)
        }
        throw ToolError("\(arguments[0]) did not work")
    }
}

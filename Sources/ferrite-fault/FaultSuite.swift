import Foundation
import MigrationTestSupport

/// Round after round.
struct FaultSuite {
    let options: FaultOptions

    /// Returns whether all rounds passed.
    func run() throws -> Bool {
        var failed: [UInt64] = []
        for (index, schedule) in schedules.enumerated() where try !round(schedule, number: index + 1) {
            failed.append(schedule.seed)
        }
        if !failed.isEmpty { show("\(failed.count) of \(options.rounds) rounds failed, with the seeds \(failed)\n") }
        return failed.isEmpty
    }

    /// Counted from the seed on, without those that are not asked for.
    private var schedules: some Sequence<FaultSchedule> {
        (0...).lazy.map { FaultSchedule(seed: options.seed &+ $0) }
            .filter { $0.traits.isSuperset(of: options.traits) }
            .prefix(Int(clamping: options.rounds))
    }

    private func round(_ schedule: FaultSchedule, number: Int) throws -> Bool {
        let round = try FaultRound(schedule)
        let outcome = round.run()
        let head = "round \(number) of \(options.rounds), seed \(schedule.seed), \(schedule.kind)"
        guard outcome.problems.isEmpty else {
            show("\(head): FAILED\n\(report(schedule, round, outcome))\n")
            return false
        }
        show("\(head): \(schedule.steps.count) events, \(outcome.happened.count) on the network, \(outcome.line)\n")
        for failure in outcome.failures { show("  failed on the way, and was resumed: \(failure)\n") }
        if options.isVerbose { show("\(report(schedule, round, outcome))\n") }
        return true
    }

    private func report(_ schedule: FaultSchedule, _ round: FaultRound, _ outcome: FaultOutcome) -> String {
        let problems = outcome.problems.prefix(20).map { "  \($0)" }
        let kept = keep(round.journal, seed: schedule.seed)
        return
            (problems + ["schedule", "\(schedule)", "what happened"] + round.story.map { "  \($0)" } + [
                "the journal with worker.log is kept in \(kept)",
                "repeat it with: make fault SEED=\(schedule.seed) ROUNDS=1",
            ]).joined(separator: "\n")
    }

    /// The round's own folder goes with it.
    private func keep(_ journal: String, seed: UInt64) -> String {
        let place = FileManager.default.temporaryDirectory.path + "/ferrite-fault-\(seed)"
        try? FileManager.default.removeItem(atPath: place)
        do {
            // A worker that still lives has a socket there, which cannot be copied.
            for name in try FileManager.default.contentsOfDirectory(atPath: journal) {
                try? FileManager.default.removeItem(atPath: "\(journal)/\(name)/control.sock")
            }
            try FileManager.default.copyItem(atPath: journal, toPath: place)
        } catch {
            return "no place: \(error)"
        }
        return place
    }

    private func show(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}

extension FaultOutcome {
    fileprivate var line: String {
        String(
            format: "%d writes, longest %.1f s, %d MB, completed %.1f s after the last fault, %.1f s in all, ",
            writes.acknowledged,
            writes.longestWrite,
            peakBytes >> 20,
            recovery,
            seconds
        ) + String(format: "slowest command %.1f s: ", slowest.seconds) + slowest.command
    }
}
